extern se on x: image[16, H, W] -> image[16, H, W] = "layers:SE"
space s on x: image[8, 6, 6] = x -> se
# expect:
#   error[NAS401] shape: `se` is declared for another size, found 8x6x6
#     --> extern_size.nas:2:37
#     |
#   1 | extern se on x: image[16, H, W] -> image[16, H, W] = "layers:SE"
#     |                       ^^ declared here
#   2 | space s on x: image[8, 6, 6] = x -> se
#     |                                     ^^
