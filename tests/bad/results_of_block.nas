block b on x { return main = x, other = x }
space s on x: image[8, 6, 6] {
  a, c = x -> b
  return a
}
# expect:
#   error[NAS309] no-value: only the results of a space have names
#     --> results_of_block.nas:1:16
#     |
#   1 | block b on x { return main = x, other = x }
#     |                ^^^^^^^^^^^^^^^^^^^^^^^^^^
