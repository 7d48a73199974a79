block step on x, h = concat([x, h]) -> linear(4)
space s on x: sequence[5, 8], h: vector[6] {
  y, last = [x, h] -> scan(step)
  return last
}
# expect:
#   error[NAS401] shape: one step must turn a state of 6 into the next; this one returns 4
#     --> scan_state.nas:3:23
#     |
#   3 |   y, last = [x, h] -> scan(step)
#     |                       ^^^^^^^^^^
