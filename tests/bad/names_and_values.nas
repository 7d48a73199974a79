space s on x: image[3, 32, 32] {
  a, b = 1, 2, 3
  return x
}
# expect:
#   error[NAS302] argument: 2 names, 3 values
#     --> names_and_values.nas:2:3
#     |
#   2 |   a, b = 1, 2, 3
#     |   ^^^^^^^^^^^^^^
