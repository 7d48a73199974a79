space s on x: image[3, 32, 32] {
  k = 1 | 3 | 5
  return x -> conv(3)
}
# expect:
#   error[NAS503] unreachable-decision: no architecture ever needs the decision `s.k`
#     --> unreachable.nas:2:7
#     |
#   2 |   k = 1 | 3 | 5
#     |       ^^^^^^^^^
#   help: use it or remove it; is its variable assigned again before it is used?
