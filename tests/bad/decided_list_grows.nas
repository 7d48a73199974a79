space s on x: image[8, 6, 6] {
  ts = [x]
  for i in 0 ..< (1 | 2) { ts += [ts[-1] -> conv(3)] }
  return sum(ts)
}
# expect:
#   error[NAS310] not-searched: a list may not grow where a decision says how often
#     --> decided_list_grows.nas:3:3
#     |
#   3 |   for i in 0 ..< (1 | 2) { ts += [ts[-1] -> conv(3)] }
#     |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
#   help: let it grow for the most that is possible
