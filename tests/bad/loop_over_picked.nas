space s on x: image[8, 6, 6] {
  for t in some of [x, x] { x = t -> conv(3) }
  return x
}
# expect:
#   error[NAS310] not-searched: which turns a loop makes cannot be picked
#     --> loop_over_picked.nas:2:12
#     |
#   2 |   for t in some of [x, x] { x = t -> conv(3) }
#     |            ^^^^^^^^^^^^^^
#   help: a comprehension over the list keeps what was picked: `[f(t) for t in some of xs]`
