space s on x: image[3, 32, 32] = x -> (~conv(3))
# expect:
#   error[NAS510] phantom: `~` heads an alternative of a decision; there is no other here
#     --> phantom_alone.nas:1:40
#     |
#   1 | space s on x: image[3, 32, 32] = x -> (~conv(3))
#     |                                        ^^^^^^^^
