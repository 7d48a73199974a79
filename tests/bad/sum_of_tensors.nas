space s on x: image[3, 32, 32] {
  return x + x
}
# expect:
#   error[NAS301] type-mismatch: `+` between a tensor of 3x32x32 and a tensor of 3x32x32
#     --> sum_of_tensors.nas:2:10
#     |
#   2 |   return x + x
#     |          ^^^^^
#   help: tensors are added by `sum([a, b])`
