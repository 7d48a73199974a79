space s on x: image[3, 32, 32] = x -> conv(3, 8, groups = 2)
# expect:
#   error[NAS401] shape: 2 groups do not divide 3 input and 8 output channels
#     --> groups.nas:1:39
#     |
#   1 | space s on x: image[3, 32, 32] = x -> conv(3, 8, groups = 2)
#     |                                       ^^^^^^^^^^^^^^^^^^^^^^ the input is 3x32x32
