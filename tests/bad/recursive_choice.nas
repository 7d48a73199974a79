choice c = conv(3) | c
space s on x: image[3, 32, 32] = x -> c
# expect:
#   error[NAS505] recursion: `c` is used within itself without end (c -> c -> c -> c -> ...)
#     --> recursive_choice.nas:1:22
#     |
#   1 | choice c = conv(3) | c
#     |        ^ defined here
#     |                      ^
