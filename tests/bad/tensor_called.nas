space s on x: image[3, 32, 32] {
  y = x(3)
  return y
}
# expect:
#   error[NAS301] type-mismatch: a tensor of 3x32x32 cannot be called
#     --> tensor_called.nas:2:7
#     |
#   2 |   y = x(3)
#     |       ^
