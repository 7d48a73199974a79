space s on x: image[3, 32, 32] = x -> conv (3)
# expect:
#   error[NAS101] syntax: unexpected `(`
#     --> space_before_call.nas:1:44
#     |
#   1 | space s on x: image[3, 32, 32] = x -> conv (3)
#     |                                            ^
#   help: remove the space before `(`
