space s on x: image[3, 32, 32] {
  require 3 < 4
  return x -> conv(3)
}
# expect:
#   error[NAS190] not-yet: `require` is not supported by this version
#     --> require_not_yet.nas:2:3
#     |
#   2 |   require 3 < 4
#     |   ^^^^^^^^^^^^^
