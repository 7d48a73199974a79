"""DARTS (Liu, Simonyan, Yang; ICLR 2019; arXiv 1806.09055): the convolutional cell space for CIFAR-10.

Two cells of four nodes; each node sums two of its predecessors, each through one of seven operations.
(prod over k = 1..4 of C(k + 1, 2) * 7 ** 2) ** 2 = 1,076,746,950,455,072,400 architectures."""

use std.darts

choice edge(stride) =
    ~none(stride)
  | max_pool3(stride) as max_pool_3 | avg_pool3(stride) as avg_pool_3 | skip(stride)
  | sep_conv(3, stride) | sep_conv(5, stride)
  | dil_conv(3, stride) | dil_conv(5, stride)

block dag(nodes, stride) on a, b {
  x = [a, b]
  for i in 2 ..< nodes + 2 {
    x += [sum(2 of [x[j] -> edge(stride if j < 2 else 1) for j in 0 ..< i])]
  }
  return concat(x[2:])
}

cell normal(nodes) on a, b = [a, b] -> dag(nodes, 1)
cell reduction(nodes) on a, b = [a, b] -> dag(nodes, 2)

space darts(channels = 16, layers = 8, nodes = 4, classes = 10, stem = 3) on image: image[3, 32, 32] {
  s = image -> conv(3, stem * channels) -> bn
  a, b, c = s, s, channels
  for l in 0 ..< layers {
    reduce = l in [layers // 3, 2 * layers // 3]
    if reduce { c = 2 * c }
    p = a -> fit(c, size(b))
    q = b -> relu_conv_bn(1, c)
    a, b = b, [p, q] -> (reduction(nodes) if reduce else normal(nodes))
  }
  return b -> global_avg_pool -> linear(classes)
}
