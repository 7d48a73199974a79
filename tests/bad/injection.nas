space s on x: image[3, 32, 32] {
  y = x -> conv(3) as __import__
  k = "\"); import os  #"
  return x -> conv(k)
}
# expect:
#   error[NAS301] type-mismatch: `kernel` of `conv` is a whole number, found a string
#     --> injection.nas:4:20
#     |
#   4 |   return x -> conv(k)
#     |                    ^
