use std.dart
space s on x: image[3, 32, 32] = x -> conv(3)
# expect:
#   error[NAS203] unknown-module: there is no library `std.dart`
#     --> unknown_library.nas:1:1
#     |
#   1 | use std.dart
#     | ^^^^^^^^^^^^
#   help: did you mean `std.darts` or `std.enas`?
