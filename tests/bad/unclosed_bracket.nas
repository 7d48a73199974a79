space s on x: image[3, 32, 32] {
  y = x -> conv(3, 16
  return y
}
# expect:
#   error[NAS101] syntax: `return` cannot stand here
#     --> unclosed_bracket.nas:3:3
#     |
#   3 |   return y
#     |   ^^^^^^
#   help: expected `(` or `)` or `,` or `[`
