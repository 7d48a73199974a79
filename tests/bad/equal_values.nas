space s on x: image[3, 32, 32] = sum([x -> conv(1, 8 | 16), x -> conv(3, 8 | 16)])
# expect:
#   error[NAS402] shape-mismatch: this sum has tensors of different shapes: (8|16)x32x32 and (8|16)x32x32
#     --> equal_values.nas:1:34
#     |
#   1 | space s on x: image[3, 32, 32] = sum([x -> conv(1, 8 | 16), x -> conv(3, 8 | 16)])
#     |                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 8x32x32 and 16x32x32 where `s.out.channels` is 8 and `s.out.channels#2` is 16
#     |                                            ^^^^^^^^^^^^^^^ this is (8|16)x32x32
#     |                                                                  ^^^^^^^^^^^^^^^ this is (8|16)x32x32
#   help: these decisions are separate; bind the value once and use it twice, `w = 16 | 32`
