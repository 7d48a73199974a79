space s on x: image[8, 6, 6] {
  share y = x -> conv(3)
  return y
}
# expect:
#   error[NAS301] type-mismatch: `share` makes the weights of an operation once; this is a tensor of 8x6x6
#     --> share_tensor.nas:2:13
#     |
#   2 |   share y = x -> conv(3)
#     |             ^^^^^^^^^^^^
#   help: a tensor is computed once anyway
