space s on x: image[3, 32, 32] = x -> conv(3, kernel = 3)
# expect:
#   error[NAS302] argument: `kernel` is given twice
#     --> argument_twice.nas:1:47
#     |
#   1 | space s on x: image[3, 32, 32] = x -> conv(3, kernel = 3)
#     |                                               ^^^^^^^^^^
