space s on x: image[8, 6, 6] = x -> conv(3 | ~5)
# expect:
#   error[NAS510] phantom: `~` heads an operation or a tensor, not a number
#     --> phantom_number.nas:1:42
#     |
#   1 | space s on x: image[8, 6, 6] = x -> conv(3 | ~5)
#     |                                          ^^^^^^
