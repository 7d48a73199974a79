space s on x: image[3, 32, 32] {
  for i in 0 ..< 999999 { for j in 0 ..< 9 { y = i + j } }
  return x -> conv(3)
}
# expect:
#   error[NAS406] too-large: evaluating this takes more than 1,000,000 steps
#     --> long_loop.nas:2:46
#     |
#   2 |   for i in 0 ..< 999999 { for j in 0 ..< 9 { y = i + j } }
#     |                                              ^^^^^^^^^
#   help: is a loop too long?
#
#   error[NAS406] too-large: evaluating this takes more than 1,000,000 steps
#     --> long_loop.nas:3:3
#     |
#   3 |   return x -> conv(3)
#     |   ^^^^^^^^^^^^^^^^^^^
#   help: is a loop too long?
