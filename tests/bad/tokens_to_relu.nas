space s on x: tokens[5] = x -> relu
# expect:
#   error[NAS401] shape: only `embedding` accepts tokens
#     --> tokens_to_relu.nas:1:32
#     |
#   1 | space s on x: tokens[5] = x -> relu
#     |                                ^^^^ the input is 5
