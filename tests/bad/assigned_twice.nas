space s on x: image[3, 32, 32] {
  a, a = 1, 2
  return x -> conv(a)
}
# expect:
#   error[NAS202] duplicate: `a` is assigned twice at once
#     --> assigned_twice.nas:2:6
#     |
#   2 |   a, a = 1, 2
#     |      ^
