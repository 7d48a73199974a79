block b on t { y = t -> bn }
space s on x: image[3, 32, 32] = x -> b
# expect:
#   error[NAS309] no-value: `b` returns nothing
#     --> returns_nothing.nas:1:7
#     |
#   1 | block b on t { y = t -> bn }
#     |       ^
#   help: end it with `return ...`
