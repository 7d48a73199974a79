space s on x: image[3, 32, 32] {
  c = 2 ** 63
  return x -> conv(1, c)
}
# expect:
#   error[NAS307] arithmetic: the result is outside the range of 64 bits
#     --> overflow.nas:2:7
#     |
#   2 |   c = 2 ** 63
#     |       ^^^^^^^
