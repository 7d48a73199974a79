block two on a, b = sum([a, b])
space s on x: image[3, 32, 32] = x -> two
# expect:
#   error[NAS306] inputs: `two` takes 2 tensors, found 1
#     --> inputs.nas:2:39
#     |
#   1 | block two on a, b = sum([a, b])
#     |       ^^^ defined here
#   2 | space s on x: image[3, 32, 32] = x -> two
#     |                                       ^^^
