block b on t = t -> bn
block b on t = t -> relu
space s on x: image[3, 32, 32] = x -> b
# expect:
#   error[NAS202] duplicate: `b` is defined twice
#     --> defined_twice.nas:2:7
#     |
#   1 | block b on t = t -> bn
#     |       ^ first defined here
#   2 | block b on t = t -> relu
#     |       ^ defined again
