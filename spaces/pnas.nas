"""PNAS (Liu et al.; ECCV 2018; arXiv 1712.00559): one cell for both sizes, five blocks of two operations.

A block adds two of the earlier outputs, in order, each through one of eight operations:
prod over i = 2..6 of (8 * i) ** 2 = 556,627,761,561,600 architectures.  All blocks are the cell's output.

The reduction is the same cell with stride 2.  The defaults are the network that was published for CIFAR-10
(N = 3, F = 48), without its auxiliary classifier; the paper searches with N = 2, F = 24.  A separable convolution is
two of them, as in NASNet; with that, PNASNet-5 has 4.3M parameters here, and 3.2M in the paper."""

use std.enas
use std.nasnet

choice op(c, stride) =
    separable(3, c, stride) as sep_conv_3 | separable(5, c, stride) as sep_conv_5
  | separable(7, c, stride) as sep_conv_7 | rectangular(7, c, stride) as conv_1x7_7x1
  | same(c, stride) as identity
  | avg_pool(3, stride) as avg_pool_3 | max_pool(3, stride) as max_pool_3
  | relu_conv_bn(3, c, stride, 2) as dil_conv_3

cell cell_(blocks, c, stride) on a, b {
  x = [a -> fit(c, size(b)), b -> relu_conv_bn(1, c)]
  for i in 2 ..< blocks + 2 {
    left = one of [x[j] -> op(c, stride if j < 2 else 1) for j in 0 ..< i]
    right = one of [x[j] -> op(c, stride if j < 2 else 1) for j in 0 ..< i]
    x += [sum([left, right])]
  }
  return concat(x[2:])
}

space pnas(cells = 3, filters = 48, blocks = 5, classes = 10) on image: image[3, 32, 32] {
  s = image -> conv(3, 3 * filters) -> bn
  a, b, c = s, s, filters
  for stage in 0 ..< 3 {
    if stage > 0 {
      c = 2 * c
      a, b = b, [a, b] -> cell_(blocks, c, 2)
    }
    for i in 0 ..< cells { a, b = b, [a, b] -> cell_(blocks, c, 1) }
  }
  return b -> relu -> global_avg_pool -> linear(classes)
}
