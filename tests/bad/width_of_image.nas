space s on x: image[8, 6, 6] = x -> conv(3, width(x))
# expect:
#   error[NAS301] type-mismatch: `width` of a tensor of 8x6x6
#     --> width_of_image.nas:1:45
#     |
#   1 | space s on x: image[8, 6, 6] = x -> conv(3, width(x))
#     |                                             ^^^^^^^^
#   help: it has `channels` and `size`
