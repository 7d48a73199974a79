space s on x: image[3, 32, 32] {
  for i in range(3) { x = x -> conv(3) }
  return x
}
# expect:
#   error[NAS201] unknown-name: nothing here is named `range`
#     --> python_range.nas:2:12
#     |
#   2 |   for i in range(3) { x = x -> conv(3) }
#     |            ^^^^^
#   help: write `0 ..< n`
