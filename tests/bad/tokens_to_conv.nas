space s on x: tokens[5] = x -> conv(3)
# expect:
#   error[NAS401] shape: `conv` needs an image, found tokens of 5
#     --> tokens_to_conv.nas:1:32
#     |
#   1 | space s on x: tokens[5] = x -> conv(3)
#     |                                ^^^^^^^ the input is 5
