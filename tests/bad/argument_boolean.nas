space s on x: image[3, 32, 32] = x -> bn(affine = 1)
# expect:
#   error[NAS301] type-mismatch: `affine` of `bn` is true or false, found the number 1
#     --> argument_boolean.nas:1:42
#     |
#   1 | space s on x: image[3, 32, 32] = x -> bn(affine = 1)
#     |                                          ^^^^^^^^^^
