space s(width = 8) on x: image[8, 6, 6] {
  require width > 8
  return x -> (conv(3) | conv(5))
}
# expect:
#   error[NAS512] unsatisfiable: no architecture meets `width > 8`
#     --> require_never.nas:2:3
#     |
#   2 |   require width > 8
#     |   ^^^^^^^^^^^^^^^^^
