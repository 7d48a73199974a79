space s on x: image[8, 6, 6] = concat(unused([1, 2]))
# expect:
#   error[NAS301] type-mismatch: `unused` takes a list of tensors, found a list of 2
#     --> unused_number.nas:1:39
#     |
#   1 | space s on x: image[8, 6, 6] = concat(unused([1, 2]))
#     |                                       ^^^^^^^^^^^^^^
