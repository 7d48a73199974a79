space s on x: image[3, 32, 32] {
  y = x -> conf(3)
  z = y -> linaer(3)
  return z
}
# expect:
#   error[NAS201] unknown-name: nothing here is named `conf`
#     --> several_unknown_names.nas:2:12
#     |
#   2 |   y = x -> conf(3)
#     |            ^^^^
#   help: did you mean `conv`, `count` or `conv1d`?
#
#   error[NAS201] unknown-name: nothing here is named `linaer`
#     --> several_unknown_names.nas:3:12
#     |
#   3 |   z = y -> linaer(3)
#     |            ^^^^^^
#   help: did you mean `linear`?
