space s on x: image[3, 32, 32] = sum(any of [x, x])
# expect:
#   error[NAS502] too-few: this sum may have nothing in it
#     --> maybe_nothing.nas:1:34
#     |
#   1 | space s on x: image[3, 32, 32] = sum(any of [x, x])
#     |                                  ^^^^^^^^^^^^^^^^^^
#   help: `some of` takes at least one
