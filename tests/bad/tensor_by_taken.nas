space s on x: image[4, 8, 8] {
  y = concat(some of [x -> conv(3), x -> conv(1)])
  return y if channels(y) == 4 else y -> conv(1, 4)
}
# expect:
#   error[NAS310] not-searched: a tensor cannot depend on which elements of a list are taken, only sizes and joins can
#     --> tensor_by_taken.nas:3:10
#     |
#   3 |   return y if channels(y) == 4 else y -> conv(1, 4)
#     |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
