space s on x: image[3, 32, 32] {
  c = 2 ** 40
  return x -> conv(1, c)
}
# expect:
#   error[NAS401] shape: a dimension of 1099511627776 is outside 1 .. 2147483647
#     --> overflow_in_shape.nas:3:15
#     |
#   3 |   return x -> conv(1, c)
#     |               ^^^^^^^^^^
