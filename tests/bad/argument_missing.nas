space s on x: image[3, 32, 32] = x -> conv()
# expect:
#   error[NAS302] argument: `conv` needs `kernel`
#     --> argument_missing.nas:1:39
#     |
#   1 | space s on x: image[3, 32, 32] = x -> conv()
#     |                                       ^^^^^^
