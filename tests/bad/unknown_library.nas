use std.dartz
space s on x: image[3, 32, 32] = x -> conv(3)
# expect:
#   error[NAS203] unknown-module: there is no library `std.dartz`
#     --> unknown_library.nas:1:1
#     |
#   1 | use std.dartz
#     | ^^^^^^^^^^^^^
#   help: did you mean `std.darts`, `std.nasnet` or `std.vit`?
