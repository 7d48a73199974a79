space s on x: image[3, 32, 32] {
  for i in 0 ..< 999999 { for j in 0 ..< 9 { y = i + j } }
  return x -> conv(3)
}
# expect:
#   error[NAS406] too-large: a list of 999,999 numbers is too long
#     --> long_loop.nas:2:12
#     |
#   2 |   for i in 0 ..< 999999 { for j in 0 ..< 9 { y = i + j } }
#     |            ^^^^^^^^^^^^
