space s on x: image[3, 32, 32] = x -> conv(64, 3)
# expect:
#   error[NAS405] kernel-size: kernel 64 exceeds the 32x32 input; the kernel comes first: `conv(3, 64)`
#     --> kernel_first.nas:1:39
#     |
#   1 | space s on x: image[3, 32, 32] = x -> conv(64, 3)
#     |                                       ^^^^^^^^^^^ the input is 3x32x32
