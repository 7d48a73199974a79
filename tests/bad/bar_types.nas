space s on x: image[3, 32, 32] {
  y = 3 | conv(3)
  return x -> conv(3)
}
# expect:
#   error[NAS303] mixed-bar: the alternatives of this decision have different types
#     --> bar_types.nas:2:7
#     |
#   2 |   y = 3 | conv(3)
#     |       ^ this is the number 3
#     |           ^^^^^^^ this is an operation
