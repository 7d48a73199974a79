"""DARTS (Liu, Simonyan, Yang; ICLR 2019; arXiv 1806.09055): the convolutional cell space for CIFAR-10.

Two cells of four nodes; each node sums two of its predecessors, each through one of seven operations.
(prod over k = 1..4 of C(k + 1, 2) * 7 ** 2) ** 2 = 1,076,746,950,455,072,400 architectures.

The defaults are the search network; `channels = 36, layers = 20, auxiliary = true` the one that is retrained.
`auxiliary` adds the second classifier after the second reduction, as a result `aux`."""

use std.darts

space darts(
  channels = 16, layers = 8, nodes = 4, classes = 10, stem = 3, auxiliary = false
) on image: image[3, 32, 32] {
  s = image -> conv(3, stem * channels) -> bn
  a, b, c = s, s, channels
  side = s
  for l in 0 ..< layers {
    reduce = l in [layers // 3, 2 * layers // 3]
    if reduce { c = 2 * c }
    p = a -> fit(c, size(b))
    q = b -> relu_conv_bn(1, c)
    a, b = b, [p, q] -> (reduction(nodes) if reduce else normal(nodes))
    if l == 2 * layers // 3 { side = b }
  }
  return logits = b -> global_avg_pool -> linear(classes), aux = side -> cifar_head(classes) if auxiliary
}
