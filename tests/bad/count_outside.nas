space s on x: image[8, 6, 6] {
  k = 3 | 5
  n = count(k)
  return x -> conv(k)
}
# expect:
#   error[NAS301] type-mismatch: `count` belongs into a `require`
#     --> count_outside.nas:3:7
#     |
#   3 |   n = count(k)
#     |       ^^^^^^^^
#   help: require count(x) <= 2
