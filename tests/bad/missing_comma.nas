space s on x: image[3, 32, 32] {
  y = [1 2]
  return x
}
# expect:
#   error[NAS101] syntax: unexpected number
#     --> missing_comma.nas:2:10
#     |
#   2 |   y = [1 2]
#     |          ^
#   help: a `,` or `]` may be missing before this
