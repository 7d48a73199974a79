use "_cycle.nas"
space s on x: image[3, 32, 32] = x -> conv(3)
# expect:
#   error[NAS204] cyclic-use: these files use each other in a circle: _cycle.nas -> _cycle_back.nas -> _cycle.nas
#     --> _cycle_back.nas:1:1
#     |
#   1 | use "_cycle.nas"
#     | ^^^^^^^^^^^^^^^^
