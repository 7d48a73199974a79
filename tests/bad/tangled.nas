space s on x: image[8, 6, 6] {
  n = 0
  for i in 0 ..< 14 { n = n + (1 | 2) }
  return x -> conv(3, n)
}
# expect:
#   error[NAS407] too-entangled: this value depends on too much at once: 13 decisions with 8,192 combinations
#     --> tangled.nas:3:27
#     |
#   3 |   for i in 0 ..< 14 { n = n + (1 | 2) }
#     |                           ^^^^^^^^^^^
