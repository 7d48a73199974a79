extern se(ratio = 4) on x: image[C, H, W] -> image[C, H, W] = "layers:SE"
space s on x: image[8, 6, 6] = x -> se(2 | 4)
# expect:
#   error[NAS310] not-searched: `ratio` of `se` is handed to Python and must be fixed, found a searched number (2|4)
#     --> extern_searched.nas:2:40
#     |
#   2 | space s on x: image[8, 6, 6] = x -> se(2 | 4)
#     |                                        ^^^^^
