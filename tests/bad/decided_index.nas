space s on x: image[8, 6, 6] = x -> conv([1, 3][1 | 2])
# expect:
#   error[NAS308] index: positions 1|2 of a list of 2
#     --> decided_index.nas:1:42
#     |
#   1 | space s on x: image[8, 6, 6] = x -> conv([1, 3][1 | 2])
#     |                                          ^^^^^^^^^^^^^
