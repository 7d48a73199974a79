space s on x: image[3, 32, 32] {
  return x -> conv(3)
  y = 3
}
# expect:
#   error[NAS309] no-value: `return` comes last, and not inside `for` or `if`
#     --> after_return.nas:2:3
#     |
#   2 |   return x -> conv(3)
#     |   ^^^^^^^^^^^^^^^^^^^
