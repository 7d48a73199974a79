block class on t = t -> conv(3)
space s on x: image[3, 32, 32] = x -> class
# expect:
#   error[NAS205] reserved-name: `class` cannot be a name: generated code could not use it
#     --> keyword_as_name.nas:1:7
#     |
#   1 | block class on t = t -> conv(3)
#     |       ^^^^^
#   help: for instance `class_`
