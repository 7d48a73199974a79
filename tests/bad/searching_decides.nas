space s on x: image[3, 32, 32] {
  y = x -> (conv(3) | identity) if searching else x -> (conv(5) | identity)
  return y
}
# expect:
#   error[NAS511] searching: `searching` would change the decision `s.y`
#     --> searching_decides.nas:2:13
#     |
#   2 |   y = x -> (conv(3) | identity) if searching else x -> (conv(5) | identity)
#     |             ^^^^^^^^^^^^^^^^^^
