space s on x: image[3, 32, 32] = x -> conv(kernel = 3, 8)
# expect:
#   error[NAS302] argument: an argument without a name stands before those with one
#     --> argument_order.nas:1:56
#     |
#   1 | space s on x: image[3, 32, 32] = x -> conv(kernel = 3, 8)
#     |                                                        ^
