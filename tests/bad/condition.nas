space s on x: image[3, 32, 32] {
  if 3 { y = 3 }
  return x
}
# expect:
#   error[NAS301] type-mismatch: a condition is true or false, found the number 3
#     --> condition.nas:2:6
#     |
#   2 |   if 3 { y = 3 }
#     |      ^
