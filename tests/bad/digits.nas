space s on x: image[3, 32, 32] = x -> conv(3, 9999999999999999999999999999999999999999)
# expect:
#   error[NAS107] number: this number has too many digits
#     --> digits.nas:1:47
#     |
#   1 | space s on x: image[3, 32, 32] = x -> conv(3, 9999999999999999999999999999999999999999)
#     |                                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
