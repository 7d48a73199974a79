space s on x: image[32, 32] = x -> conv(3)
# expect:
#   error[NAS301] type-mismatch: `image` has 3 dimensions, found 2
#     --> type_dims.nas:1:15
#     |
#   1 | space s on x: image[32, 32] = x -> conv(3)
#     |               ^^^^^^^^^^^^^
