choice c = conv(3) | skip
space s on x: image[3, 32, 32] = x -> (c | skip)
# expect:
#   error[NAS501] repeated-alternative: `skip` appears twice in one decision; alternatives are a set
#     --> repeated_through_choice.nas:2:44
#     |
#   1 | choice c = conv(3) | skip
#     |                      ^^^^ first here
#   2 | space s on x: image[3, 32, 32] = x -> (c | skip)
#     |                                            ^^^^ again here
