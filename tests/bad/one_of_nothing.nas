space s on x: image[3, 32, 32] {
  k = one of []
  return x -> conv(k)
}
# expect:
#   error[NAS502] too-few: `one of` needs a list with something in it
#     --> one_of_nothing.nas:2:14
#     |
#   2 |   k = one of []
#     |              ^^
