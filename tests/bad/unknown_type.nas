space s on x: picture[3, 32, 32] = x -> conv(3)
# expect:
#   error[NAS301] type-mismatch: there is no type `picture`
#     --> unknown_type.nas:1:15
#     |
#   1 | space s on x: picture[3, 32, 32] = x -> conv(3)
#     |               ^^^^^^^
