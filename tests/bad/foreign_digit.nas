space s on x: image[3, 32, 32] = x -> conv(٣)
# expect:
#   error[NAS107] number: `٣` is not a number
#     --> foreign_digit.nas:1:44
#     |
#   1 | space s on x: image[3, 32, 32] = x -> conv(٣)
#     |                                            ^
