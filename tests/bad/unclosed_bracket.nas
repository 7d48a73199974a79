space s on x: image[3, 32, 32] {
  y = x -> conv(3, 16
  return y
}
# expect:
#   error[NAS102] unclosed: unclosed `(`
#     --> unclosed_bracket.nas:2:16
#     |
#   2 |   y = x -> conv(3, 16
#     |                ^ opened here
#   3 |   return y
#     |   ^^^^^^ not closed here
