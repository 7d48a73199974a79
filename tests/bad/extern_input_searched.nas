extern se on x: image[C, H, W] -> image[C, H, W] = "layers:SE"
space s on x: image[8, 6, 6] = x -> conv(3, 8 | 16) -> se
# expect:
#   error[NAS310] not-searched: `se` is a module of fixed sizes; here its input is (8|16)x6x6
#     --> extern_input_searched.nas:2:56
#     |
#   2 | space s on x: image[8, 6, 6] = x -> conv(3, 8 | 16) -> se
#     |                                                        ^^
