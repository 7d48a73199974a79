block step on x, h = concat([x, h]) -> linear(width(h))
space s on x: sequence[5, 8] {
  y, last = x -> scan(step)
  return last
}
# expect:
#   error[NAS306] inputs: `scan` takes a sequence and a state (a vector), found 5x8
#     --> scan_inputs.nas:3:18
#     |
#   3 |   y, last = x -> scan(step)
#     |                  ^^^^^^^^^^
#   help: [words, h] -> scan(f)
