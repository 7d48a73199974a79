space s on x: image[3, 32, 32] {
  y = [x, x]
  return y[2]
}
# expect:
#   error[NAS308] index: position 2 of a list of 2
#     --> index.nas:3:10
#     |
#   3 |   return y[2]
#     |          ^^^^
