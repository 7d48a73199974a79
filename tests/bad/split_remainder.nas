space s on x: image[9, 6, 6] {
  a, b = split(x, 2)
  return sum([a, b])
}
# expect:
#   error[NAS401] shape: 2 parts do not divide 9 features
#     --> split_remainder.nas:2:10
#     |
#   2 |   a, b = split(x, 2)
#     |          ^^^^^^^^^^^
