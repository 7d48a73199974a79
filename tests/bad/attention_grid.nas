space s on x: sequence[6, 8] = x -> attention(2, 4, relative = 2)
# expect:
#   error[NAS401] shape: relative attention needs a class token followed by a square grid, found 6 tokens
#     --> attention_grid.nas:1:37
#     |
#   1 | space s on x: sequence[6, 8] = x -> attention(2, 4, relative = 2)
#     |                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the input is 6x8
