"""AmoebaNet (Real, Aggarwal, Huang, Le; AAAI 2019; arXiv 1802.01548): the cells of NASNet with eight operations.

A cell has five blocks; a block adds two of the earlier outputs, in order, each through one of eight operations:
(prod over i = 2..6 of (8 * i) ** 2) ** 2 = 309,834,464,941,077,422,470,594,560,000 architectures.
What no block uses is the cell's output.

The defaults are the widths of AmoebaNet-B for CIFAR-10 (N = 6, F = 36), without its auxiliary classifier."""

use std.enas
use std.nasnet

choice op(c, stride) =
    same(c, stride) as identity
  | separable(3, c, stride) as sep_conv_3 | separable(5, c, stride) as sep_conv_5
  | separable(7, c, stride) as sep_conv_7
  | avg_pool(3, stride) as avg_pool_3 | max_pool(3, stride) as max_pool_3
  | dilated_separable(3, c, stride) as dil_conv_3 | rectangular(7, c, stride) as conv_1x7_7x1

block dag(blocks, c, stride) on a, b {
  x = [a -> fit(c, size(b)), b -> relu_conv_bn(1, c)]
  for i in 2 ..< blocks + 2 {
    left = one of [x[j] -> op(c, stride if j < 2 else 1) for j in 0 ..< i]
    right = one of [x[j] -> op(c, stride if j < 2 else 1) for j in 0 ..< i]
    x += [sum([left, right])]
  }
  last = size(x[-1])
  return concat([t if size(t) == last else t -> factorized_reduce(c) for t in unused(x)])
}

cell normal(blocks, c) on a, b = [a, b] -> dag(blocks, c, 1)
cell reduction(blocks, c) on a, b = [a, b] -> dag(blocks, c, 2)

space amoebanet(cells = 6, filters = 36, blocks = 5, classes = 10) on image: image[3, 32, 32] {
  s = image -> conv(3, 3 * filters) -> bn
  a, b, c = s, s, filters
  for stage in 0 ..< 3 {
    if stage > 0 {
      c = 2 * c
      a, b = b, [a, b] -> reduction(blocks, c)
    }
    for i in 0 ..< cells { a, b = b, [a, b] -> normal(blocks, c) }
  }
  return b -> relu -> global_avg_pool -> linear(classes)
}
