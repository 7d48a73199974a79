space s on x: image[3, 32, 32] = x -> conv("3")
# expect:
#   error[NAS301] type-mismatch: `kernel` of `conv` is a whole number, found a string
#     --> argument_type.nas:1:44
#     |
#   1 | space s on x: image[3, 32, 32] = x -> conv("3")
#     |                                            ^^^
