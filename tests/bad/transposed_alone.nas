space s on x: tokens[5] = x -> embedding(9, 4) -> transposed(linear(9))
# expect:
#   error[NAS301] type-mismatch: `transposed` takes a shared embedding, found an operation
#     --> transposed_alone.nas:1:51
#     |
#   1 | space s on x: tokens[5] = x -> embedding(9, 4) -> transposed(linear(9))
#     |                                                   ^^^^^^^^^^^^^^^^^^^^^
#   help: share words = embedding(vocabulary, width)
