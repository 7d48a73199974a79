space s on x: image[3, 32, 32] = x -> conv("3)
# expect:
#   error[NAS102] unclosed: unclosed string
#     --> unclosed_string.nas:1:44
#     |
#   1 | space s on x: image[3, 32, 32] = x -> conv("3)
#     |                                            ^ opened here
