block conv(k) on t = t -> bn
space s on x: image[3, 32, 32] = x -> conv(3)
# expect:
#   error[NAS205] reserved-name: `conv` is a word of the language and cannot be defined anew
#     --> primitive_anew.nas:1:7
#     |
#   1 | block conv(k) on t = t -> bn
#     |       ^^^^
#   help: choose another name
