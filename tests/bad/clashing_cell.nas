cell c(n) on t = sum(some of [t -> conv(3) for i in 0 ..< n])
space s on x: image[3, 32, 32] = x -> c(2) -> c(3)
# expect:
#   error[NAS504] clashing-cell: decision `c.out` has 2 alternatives (0, 1) in one use and 3 (0, 1, 2) in another
#     --> clashing_cell.nas:1:22
#     |
#   1 | cell c(n) on t = sum(some of [t -> conv(3) for i in 0 ..< n])
#     |                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ here
#     |                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ and here
#   help: define two cells, or use a block
