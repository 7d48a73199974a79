space s on x: image[3, 32, 32] {
  if x = 3 { y = 3 }
  return x
}
# expect:
#   error[NAS104] foreign-syntax: `=` is assignment; equality is `==`
#     --> assign_in_condition.nas:2:8
#     |
#   2 |   if x = 3 { y = 3 }
#     |        ^
#   help: write `==`
