space s on x: image[3, 32, 32] = sum(3 of [x, x])
# expect:
#   error[NAS502] too-few: 3 of a list of 2: too few
#     --> too_few.nas:1:38
#     |
#   1 | space s on x: image[3, 32, 32] = sum(3 of [x, x])
#     |                                      ^^^^^^^^^^^ decided here
#     |                                           ^^^^^^ this has 2
