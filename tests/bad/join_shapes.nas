space s on x: image[3, 32, 32] {
  a = x -> conv(3, 16)
  b = x -> conv(3, 32)
  return sum([a, b])
}
# expect:
#   error[NAS402] shape-mismatch: this sum has tensors of different shapes: 16x32x32 and 32x32x32
#     --> join_shapes.nas:4:10
#     |
#   2 |   a = x -> conv(3, 16)
#     |            ^^^^^^^^^^^ this is 16x32x32
#   3 |   b = x -> conv(3, 32)
#     |            ^^^^^^^^^^^ this is 32x32x32
#   4 |   return sum([a, b])
#     |          ^^^^^^^^^^^ 16x32x32 and 32x32x32
#   help: `-> conv(1, 16)` on the second would make them agree
