space s on x: image[3, 8, 8] {
  y = x -> Conv2d(3, 8) -> BatchNorm2d -> ReLU -> AdaptiveAvgPool2d
  z = add(y, y) -> dropout2 -> Dense(10)
  return z
}
# expect:
#   error[NAS201] unknown-name: nothing here is named `Conv2d`
#     --> foreign_operations.nas:2:12
#     |
#   2 |   y = x -> Conv2d(3, 8) -> BatchNorm2d -> ReLU -> AdaptiveAvgPool2d
#     |            ^^^^^^
#   help: write `conv`
#
#   error[NAS201] unknown-name: nothing here is named `BatchNorm2d`
#     --> foreign_operations.nas:2:28
#     |
#   2 |   y = x -> Conv2d(3, 8) -> BatchNorm2d -> ReLU -> AdaptiveAvgPool2d
#     |                            ^^^^^^^^^^^
#   help: write `bn`
#
#   error[NAS201] unknown-name: nothing here is named `ReLU`
#     --> foreign_operations.nas:2:43
#     |
#   2 |   y = x -> Conv2d(3, 8) -> BatchNorm2d -> ReLU -> AdaptiveAvgPool2d
#     |                                           ^^^^
#   help: write `relu`
#
#   error[NAS201] unknown-name: nothing here is named `AdaptiveAvgPool2d`
#     --> foreign_operations.nas:2:51
#     |
#   2 |   y = x -> Conv2d(3, 8) -> BatchNorm2d -> ReLU -> AdaptiveAvgPool2d
#     |                                                   ^^^^^^^^^^^^^^^^^
#   help: write `global_avg_pool`
#
#   error[NAS201] unknown-name: nothing here is named `add`
#     --> foreign_operations.nas:3:7
#     |
#   3 |   z = add(y, y) -> dropout2 -> Dense(10)
#     |       ^^^
#   help: write `a + b`, or `sum([a, b])`
#
#   error[NAS201] unknown-name: nothing here is named `dropout2`
#     --> foreign_operations.nas:3:20
#     |
#   3 |   z = add(y, y) -> dropout2 -> Dense(10)
#     |                    ^^^^^^^^
#   help: did you mean `dropout` or `locked_dropout`?
#
#   error[NAS201] unknown-name: nothing here is named `Dense`
#     --> foreign_operations.nas:3:32
#     |
#   3 |   z = add(y, y) -> dropout2 -> Dense(10)
#     |                                ^^^^^
#   help: write `linear`
