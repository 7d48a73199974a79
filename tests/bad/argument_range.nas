space s on x: image[3, 32, 32] = x -> conv(3, stride = 0)
# expect:
#   error[NAS304] value-range: `stride` of `conv` must be at least 1, found 0
#     --> argument_range.nas:1:47
#     |
#   1 | space s on x: image[3, 32, 32] = x -> conv(3, stride = 0)
#     |                                               ^^^^^^^^^^
