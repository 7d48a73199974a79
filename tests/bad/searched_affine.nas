space s on x: image[8, 6, 6] = x -> bn(affine = true | false)
# expect:
#   error[NAS310] not-searched: `affine` of `bn` cannot be searched
#     --> searched_affine.nas:1:40
#     |
#   1 | space s on x: image[8, 6, 6] = x -> bn(affine = true | false)
#     |                                        ^^^^^^^^^^^^^^^^^^^^^
#   help: take the bar outside: two operations, with weights of their own
