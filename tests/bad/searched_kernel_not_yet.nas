space s on x: image[3, 32, 32] = x -> conv(3 | 5)
# expect:
#   error[NAS190] not-yet: a searched `kernel` of `conv` is not supported by this version
#     --> searched_kernel_not_yet.nas:1:44
#     |
#   1 | space s on x: image[3, 32, 32] = x -> conv(3 | 5)
#     |                                            ^^^^^
