space s on x: image[3, 32, 32] = x -> (skip | skip | conv(3))
# expect:
#   error[NAS501] repeated-alternative: `skip` appears twice in one decision; alternatives are a set
#     --> repeated.nas:1:47
#     |
#   1 | space s on x: image[3, 32, 32] = x -> (skip | skip | conv(3))
#     |                                        ^^^^ first here
#     |                                               ^^^^ again here
