space s on x: image[3, 32, 32] {
  for i in 0 ..< 1000000000 { x = x -> conv(3) }
  return x
}
# expect:
#   error[NAS406] too-large: a list of 1,000,000,000 numbers is too long
#     --> billion.nas:2:12
#     |
#   2 |   for i in 0 ..< 1000000000 { x = x -> conv(3) }
#     |            ^^^^^^^^^^^^^^^^
