space s on x: image[8, 6, 6] {
  a, b = split(x -> conv(3, 8 | 16), 2)
  return sum([a, b])
}
# expect:
#   error[NAS310] not-searched: `split` of searched features, (8|16)x6x6
#     --> split_searched.nas:2:10
#     |
#   2 |   a, b = split(x -> conv(3, 8 | 16), 2)
#     |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
