space s on x: image[3, 32, 32] {
  y = 3; z = 4
  return x
}
# expect:
#   error[NAS103] character: invalid character `;`
#     --> semicolon.nas:2:8
#     |
#   2 |   y = 3; z = 4
#     |        ^
#   help: write one statement per line
