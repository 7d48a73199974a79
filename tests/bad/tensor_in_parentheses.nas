space s on x: image[3, 8, 8] {
  y = conv(x, 3, 8)
  return y -> global_avg_pool -> linear(10)
}
# expect:
#   error[NAS301] type-mismatch: `kernel` of `conv` is a whole number, found a tensor of 3x8x8
#     --> tensor_in_parentheses.nas:2:12
#     |
#   2 |   y = conv(x, 3, 8)
#     |            ^
#   help: a tensor stands before the arrow: `x -> conv(...)`
