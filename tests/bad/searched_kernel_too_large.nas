space s on x: image[4, 6, 6] {
  k = 3 | 5 | 9
  return x -> conv(k, padding = 0)
}
# expect:
#   error[NAS405] kernel-size: kernel 9 exceeds the 6x6 input; the kernel comes first: `conv(4, 9)`
#     --> searched_kernel_too_large.nas:3:15
#     |
#   3 |   return x -> conv(k, padding = 0)
#     |               ^^^^^^^^^^^^^^^^^^^^ the input is 4x6x6 where `kernel` is 9
