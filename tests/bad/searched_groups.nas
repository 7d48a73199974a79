space s on x: image[8, 6, 6] = x -> conv(3, groups = 1 | 2)
# expect:
#   error[NAS310] not-searched: `conv` has no rule to share its weights between different `groups`
#     --> searched_groups.nas:1:37
#     |
#   1 | space s on x: image[8, 6, 6] = x -> conv(3, groups = 1 | 2)
#     |                                     ^^^^^^^^^^^^^^^^^^^^^^^ the input is 8x6x6
