space s on x: image[3, 32, 32] = x -> conv(3
# expect:
#   error[NAS102] unclosed: unclosed `(`
#     --> unclosed_at_end.nas:1:43
#     |
#   1 | space s on x: image[3, 32, 32] = x -> conv(3
#     |                                           ^ opened here
#     |                                            ^ not closed here
