space s on x: image[4, 8, 8] {
  stride = 1 | 2
  y = x -> conv(3, stride = stride)
  return sum([x, y])
}
# expect:
#   error[NAS402] shape-mismatch: this sum has tensors of different shapes: 4x8x8 and 4x(8|4)x(8|4)
#     --> searched_stride_join.nas:4:10
#     |
#   1 | space s on x: image[4, 8, 8] {
#     |            ^^^^^^^^^^^^^^^^^ this is 4x8x8
#   3 |   y = x -> conv(3, stride = stride)
#     |            ^^^^^^^^^^^^^^^^^^^^^^^^ this is 4x(8|4)x(8|4)
#   4 |   return sum([x, y])
#     |          ^^^^^^^^^^^ 4x8x8 and 4x4x4 where `s.stride` is 2
