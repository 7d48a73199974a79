space s on x: image[3, 32, 32] = x -> (~conv(3) | ~skip)
# expect:
#   error[NAS508] no-alternative: every alternative here is a phantom: no architecture can choose one
#     --> phantoms_only.nas:1:40
#     |
#   1 | space s on x: image[3, 32, 32] = x -> (~conv(3) | ~skip)
#     |                                        ^^^^^^^^^^^^^^^^
