"""DARTS (Liu, Simonyan, Yang; ICLR 2019; arXiv 1806.09055): the cells of `darts` in the network for ImageNet.

The cells decide as in `darts`, so the size is the same: 1,076,746,950,455,072,400 architectures.

The paper searches on CIFAR-10 and moves the cells here; the defaults are its network for ImageNet.
`auxiliary` adds the second classifier after the second reduction, as a result `aux`."""

use std.darts

space darts_imagenet(
  channels = 48, layers = 14, nodes = 4, classes = 1000, resolution = 224, auxiliary = false
) on image: image[3, resolution, resolution] {
  a = image -> conv(3, channels // 2, 2) -> bn -> relu -> conv(3, channels, 2) -> bn
  b = a -> relu -> conv(3, channels, 2) -> bn
  c = channels
  side = b
  for l in 0 ..< layers {
    reduce = l in [layers // 3, 2 * layers // 3]
    if reduce { c = 2 * c }
    p = a -> fit(c, size(b))
    q = b -> relu_conv_bn(1, c)
    a, b = b, [p, q] -> (reduction(nodes) if reduce else normal(nodes))
    if l == 2 * layers // 3 { side = b }
  }
  return logits = b -> global_avg_pool -> linear(classes), aux = side -> imagenet_head(classes) if auxiliary
}
