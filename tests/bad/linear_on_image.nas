space s on x: image[3, 32, 32] = x -> linear(10)
# expect:
#   error[NAS401] shape: `linear` needs a vector or a sequence, found an image of 3x32x32
#     --> linear_on_image.nas:1:39
#     |
#   1 | space s on x: image[3, 32, 32] = x -> linear(10)
#     |                                       ^^^^^^^^^^ the input is 3x32x32
#   help: `global_avg_pool` or `flatten` returns a vector
