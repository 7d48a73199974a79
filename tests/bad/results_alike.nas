space s on x: image[8, 6, 6] { return a = x -> conv(3), a = x }
# expect:
#   error[NAS202] duplicate: two results are named `a`
#     --> results_alike.nas:1:7
#     |
#   1 | space s on x: image[8, 6, 6] { return a = x -> conv(3), a = x }
#     |       ^
