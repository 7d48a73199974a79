space s on x: image[3, 32, 32] = x -> conv (3)
# expect:
#   error[NAS101] syntax: `(` cannot stand here
#     --> space_before_call.nas:1:44
#     |
#   1 | space s on x: image[3, 32, 32] = x -> conv (3)
#     |                                            ^
#   help: `(` must touch what it applies to: remove the space before it
