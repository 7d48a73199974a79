space s on x: image[3, 32, 32] = x -> sep_cov(3)
# expect:
#   error[NAS201] unknown-name: nothing here is named `sep_cov`
#     --> unknown_operation.nas:1:39
#     |
#   1 | space s on x: image[3, 32, 32] = x -> sep_cov(3)
#     |                                       ^^^^^^^
#   help: did you mean `sep_conv`?
