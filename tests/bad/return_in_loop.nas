space s on x: image[3, 32, 32] {
  for i in 1 .. 3 { return x }
}
# expect:
#   error[NAS309] no-value: `return` comes last, and not inside `for` or `if`
#     --> return_in_loop.nas:2:21
#     |
#   2 |   for i in 1 .. 3 { return x }
#     |                     ^^^^^^^^
