space s on x: image[3, 32, 32] {
  k = one of 1 .. 4
  return x -> conv(3)
}
# expect:
#   error[NAS301] type-mismatch: a list is needed here, found the number 1
#     --> one_of_range.nas:2:14
#     |
#   2 |   k = one of 1 .. 4
#     |              ^
#   help: a range stands in parentheses: `one of (1 .. 4)`
