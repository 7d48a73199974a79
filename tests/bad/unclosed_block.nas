space s on x: image[3, 32, 32] {
  return x -> conv(3)
# expect:
#   error[NAS102] unclosed: unclosed `{`
#     --> unclosed_block.nas:1:32
#     |
#   1 | space s on x: image[3, 32, 32] {
#     |                                ^ opened here
#   2 |   return x -> conv(3)
#     |                     ^ not closed here
