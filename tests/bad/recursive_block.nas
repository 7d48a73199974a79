block b on t = t -> conv(3) -> b
space s on x: image[3, 32, 32] = x -> b
# expect:
#   error[NAS505] recursion: `b` is used within itself without end (b -> b -> b -> b -> ...)
#     --> recursive_block.nas:1:32
#     |
#   1 | block b on t = t -> conv(3) -> b
#     |       ^ defined here
#     |                                ^
