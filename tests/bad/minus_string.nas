space s on x: image[3, 32, 32] {
  return x -> conv(-"3")
}
# expect:
#   error[NAS301] type-mismatch: `-` takes a number, found a string
#     --> minus_string.nas:2:20
#     |
#   2 |   return x -> conv(-"3")
#     |                    ^^^^
