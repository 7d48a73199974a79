space s on x: image[3, 32, 32] = x -> bn(affine = True)
# expect:
#   error[NAS201] unknown-name: nothing here is named `True`
#     --> python_true.nas:1:51
#     |
#   1 | space s on x: image[3, 32, 32] = x -> bn(affine = True)
#     |                                                   ^^^^
#   help: write `true`
