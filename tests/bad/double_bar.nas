space s(a = true) on x: image[3, 8, 8] {
  y = x -> conv(3, 8)
  if a || a { y = y -> relu }
  return y -> global_avg_pool -> linear(10)
}
# expect:
#   error[NAS104] foreign-syntax: `||` is not an operator of the language
#     --> double_bar.nas:3:8
#     |
#   3 |   if a || a { y = y -> relu }
#     |        ^^
#   help: write `or`
