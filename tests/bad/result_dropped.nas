space s on x: image[3, 8, 8] {
  y = x -> conv(3, 8)
  y -> relu
  return y -> global_avg_pool -> linear(10)
}
# expect:
#   error[NAS101] syntax: unexpected `->`: the result is not used
#     --> result_dropped.nas:3:5
#     |
#   3 |   y -> relu
#     |     ^^
#   help: name the result: `result = y -> ...`, or `return y -> ...`
