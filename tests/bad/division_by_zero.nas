space s on x: image[3, 32, 32] {
  c = 1 // 0
  return x -> conv(1, 8)
}
# expect:
#   error[NAS307] arithmetic: division by zero
#     --> division_by_zero.nas:2:7
#     |
#   2 |   c = 1 // 0
#     |       ^^^^^^
