space s on x: image[3, 32, 32] = x -> conv(3, strides = 2)
# expect:
#   error[NAS302] argument: `conv` has no parameter `strides`
#     --> argument_unknown.nas:1:47
#     |
#   1 | space s on x: image[3, 32, 32] = x -> conv(3, strides = 2)
#     |                                               ^^^^^^^^^^^
#   help: did you mean `stride`?
