space s on x: image[8, 6, 6] {
  w = 4 | 8
  a = concat([x -> conv(3, w), x])
  b = x -> conv(3, w + 8)
  return sum([a, b])
}
# expect:
#   error[NAS402] shape-mismatch: this sum has tensors whose searched features have different pieces
#     --> pieces_in_sum.nas:5:10
#     |
#   3 |   a = concat([x -> conv(3, w), x])
#     |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this is (12|16)x6x6
#   4 |   b = x -> conv(3, w + 8)
#     |            ^^^^^^^^^^^^^^ this is (12|16)x6x6
#   5 |   return sum([a, b])
#     |          ^^^^^^^^^^^ (12|16)x6x6 and (12|16)x6x6
#   help: apply `conv(1)` or `linear` to the concatenated tensor to make it one piece
