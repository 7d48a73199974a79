space s on x: image[8, 6, 6] {
  ks = [1, 3] | [5]
  return x -> conv(ks[0])
}
# expect:
#   error[NAS310] not-searched: a list may not grow where a decision says how often
#     --> lists_of_two_lengths.nas:2:8
#     |
#   2 |   ks = [1, 3] | [5]
#     |        ^^^^^^^^^^^^
#   help: let it grow for the most that is possible
