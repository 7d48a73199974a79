space s on x: image[8, 6, 6] = one of (some of [x, x -> conv(3)])
# expect:
#   error[NAS310] not-searched: a list of which a part is taken cannot be picked from again
#     --> pick_of_picked.nas:1:39
#     |
#   1 | space s on x: image[8, 6, 6] = one of (some of [x, x -> conv(3)])
#     |                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^
