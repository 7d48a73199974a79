space s(deep = false) on x: image[3, 32, 32] {
  if deep { return x -> conv(3) }
  return x
}
# expect:
#   error[NAS309] no-value: `return` comes last, and not inside `for` or `if`
#     --> return_in_if.nas:2:13
#     |
#   2 |   if deep { return x -> conv(3) }
#     |             ^^^^^^^^^^^^^^^^^^^
