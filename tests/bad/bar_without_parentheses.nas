space s on x: image[3, 32, 32] = x -> conv(3) | conv(5)
# expect:
#   error[NAS303] mixed-bar: the alternatives of this decision have different types
#     --> bar_without_parentheses.nas:1:34
#     |
#   1 | space s on x: image[3, 32, 32] = x -> conv(3) | conv(5)
#     |                                  ^^^^^^^^^^^^ this is a tensor of 3x32x32
#     |                                                 ^^^^^^^ this is an operation
#   help: `|` binds looser than `->`: write `x -> (conv(3) | conv(5))`
