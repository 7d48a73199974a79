space s on x: image[3, 32, 32] = x -> skip(1)
# expect:
#   error[NAS302] argument: `skip` takes 0 arguments, found 1
#     --> argument_too_many.nas:1:44
#     |
#   1 | space s on x: image[3, 32, 32] = x -> skip(1)
#     |                                            ^
