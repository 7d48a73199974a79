cell c on x = x -> (conv(3) | skip)
space s on x: image[8, 6, 6] {
  require count(skp in c) <= 1
  require count(skip in d) <= 1
  return x -> c
}
# expect:
#   error[NAS201] unknown-name: no alternative in `c` is `skp`
#     --> require_unknown.nas:3:3
#     |
#   3 |   require count(skp in c) <= 1
#     |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
#   help: did you mean `skip`?
