space s on x: image[3, 32, 32] = x -> conv(4)
# expect:
#   error[NAS404] even-kernel: the even kernel 4 of `conv` cannot keep the size 32 at stride 1
#     --> even_kernel.nas:1:39
#     |
#   1 | space s on x: image[3, 32, 32] = x -> conv(4)
#     |                                       ^^^^^^^ the input is 3x32x32
#   help: use 3 or 5, or set `padding = ...`
