block two on x { return x, x }
space s on x: image[8, 6, 6] = x -> (two | conv(3))
# expect:
#   error[NAS403] alternative-shapes: the alternatives give different numbers of tensors
#     --> upside_down_block.nas:2:38
#     |
#   2 | space s on x: image[8, 6, 6] = x -> (two | conv(3))
#     |                                      ^^^ this gives 2 tensors
#     |                                            ^^^^^^^ this gives 1
