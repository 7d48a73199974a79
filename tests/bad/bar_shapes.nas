space s on x: image[3, 32, 32] = x -> (conv(3, 64) | conv(3, 128))
# expect:
#   error[NAS403] alternative-shapes: the alternatives give 64x32x32 and 128x32x32
#     --> bar_shapes.nas:1:40
#     |
#   1 | space s on x: image[3, 32, 32] = x -> (conv(3, 64) | conv(3, 128))
#     |                                        ^^^^^^^^^^^ this gives 64x32x32
#     |                                                      ^^^^^^^^^^^^ this gives 128x32x32
#   help: a searched width is written inside: `conv(3, 64 | 128)`
