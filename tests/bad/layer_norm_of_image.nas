space s on x: image[8, 6, 6] = x -> layer_norm
# expect:
#   error[NAS401] shape: `layer_norm` needs a vector or a sequence, found an image of 8x6x6
#     --> layer_norm_of_image.nas:1:37
#     |
#   1 | space s on x: image[8, 6, 6] = x -> layer_norm
#     |                                     ^^^^^^^^^^ the input is 8x6x6
#   help: `bn`
