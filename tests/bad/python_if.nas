space s on x: image[3, 32, 32] {
  if 3 > 2: 
    y = 3
  return x
}
# expect:
#   error[NAS104] foreign-syntax: statements go in braces
#     --> python_if.nas:2:11
#     |
#   2 |   if 3 > 2:
#     |           ^
#   help: write `{ ... }` instead of `:`
