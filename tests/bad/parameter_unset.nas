space s(c) on x: image[3, 32, 32] = x -> conv(3, c)
# expect:
#   error[NAS305] parameter: the parameter `c` has no default and was not set
#     --> parameter_unset.nas:1:9
#     |
#   1 | space s(c) on x: image[3, 32, 32] = x -> conv(3, c)
#     |         ^
#   help: --set c=...
