"""NASNet (Zoph, Vasudevan, Shlens, Le; CVPR 2018; arXiv 1707.07012): a normal and a reduction cell.

A cell has five blocks; a block takes two of the earlier outputs in order, each through one of thirteen operations,
and adds or concatenates them:
(2 ** 5 * prod over i = 2..6 of (13 * i) ** 2) ** 2 = 5,229,943,396,058,757,337,940,161,399,357,440,000 architectures.
What no block uses is the cell's output.

The defaults are the network that was published as 6 @ 768 for CIFAR-10, without its auxiliary classifier.  A
1x1 convolution brings a concatenation back to the cell's width, which the paper leaves open.  The cell NASNet-A
that was released is not of this form: it also puts out two states that are used."""

use std.enas
use std.nasnet

choice op(c, stride) =
    same(c, stride) as identity
  | rectangular(3, c, stride) as conv_1x3_3x1 | rectangular(7, c, stride) as conv_1x7_7x1
  | relu_conv_bn(3, c, stride, 2) as dil_conv_3
  | avg_pool(3, stride) as avg_pool_3
  | max_pool(3, stride) as max_pool_3 | max_pool(5, stride) as max_pool_5 | max_pool(7, stride) as max_pool_7
  | relu_conv_bn(1, c, stride) as conv_1 | relu_conv_bn(3, c, stride) as conv_3
  | separable(3, c, stride) as sep_conv_3 | separable(5, c, stride) as sep_conv_5
  | separable(7, c, stride) as sep_conv_7

block dag(blocks, c, stride) on a, b {
  x = [a -> fit(c, size(b)), b -> relu_conv_bn(1, c)]
  for i in 2 ..< blocks + 2 {
    left = one of [x[j] -> op(c, stride if j < 2 else 1) for j in 0 ..< i]
    right = one of [x[j] -> op(c, stride if j < 2 else 1) for j in 0 ..< i]
    combine = sum([left, right]) as add | concat([left, right]) -> relu_conv_bn(1, c) as concat
    x += [combine]
  }
  last = size(x[-1])
  return concat([t if size(t) == last else t -> factorized_reduce(c) for t in unused(x)])
}

cell normal(blocks, c) on a, b = [a, b] -> dag(blocks, c, 1)
cell reduction(blocks, c) on a, b = [a, b] -> dag(blocks, c, 2)

space nasnet(cells = 6, filters = 32, blocks = 5, classes = 10) on image: image[3, 32, 32] {
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
