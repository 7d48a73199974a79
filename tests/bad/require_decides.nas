space s on x: image[8, 6, 6] {
  k = 3 | 5
  require k == (3 | 5)
  return x -> conv(k)
}
# expect:
#   error[NAS310] not-searched: a `require` reads decisions and makes none
#     --> require_decides.nas:3:3
#     |
#   3 |   require k == (3 | 5)
#     |   ^^^^^^^^^^^^^^^^^^^^
#   help: bind the value to a name first
