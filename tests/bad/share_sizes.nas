space s on x: image[8, 6, 6] {
  share f = conv(3, 16)
  return x -> f -> f
}
# expect:
#   error[NAS311] shared: `f` is shared, and its `conv` would need weights of another size here
#     --> share_sizes.nas:2:13
#     |
#   2 |   share f = conv(3, 16)
#     |             ^^^^^^^^^^^ here
#     |             ^^^^^^^^^^^ first used here
