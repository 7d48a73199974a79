"""ProxylessNAS (Cai, Zhu, Han; ICLR 2019; arXiv 1812.00332): 21 mobile blocks for ImageNet, an operation for each.

An operation has kernel 3, 5 or 7 and expansion 3 or 6.  A block whose input and output agree has a shortcut, and
may be nothing else: its seventh operation is zero.  That holds for 15 blocks; the other 6 begin a stage.
6 ** 6 * 7 ** 15 = 221,502,229,807,900,608 architectures.

The paper counts 7 ** 21; at the beginning of a stage zero would cut the network in two, and the authors' code does
not offer it there.  `target` sets the widths: "mobile", "gpu" and "cpu" are the three networks that were published,
"search" is the search network of the code with a width multiplier of 1."""

use std.mobile

choice candidate(c, stride) =
    inverted(3, 3, c, stride) as mb3_3x3 | inverted(3, 6, c, stride) as mb6_3x3
  | inverted(5, 3, c, stride) as mb3_5x5 | inverted(5, 6, c, stride) as mb6_5x5
  | inverted(7, 3, c, stride) as mb3_7x7 | inverted(7, 6, c, stride) as mb6_7x7

choice residual(c) = candidate(c, 1) | zero

space proxylessnas(target = "mobile", classes = 1000, resolution = 224) on image: image[3, resolution, resolution] {
  require target in ["mobile", "gpu", "cpu", "search"]
  stem, first, last = 32, 16, 1280
  widths = [32, 40, 80, 96, 192, 320]
  if target == "search" { widths = [24, 40, 80, 96, 192, 320] }
  if target == "gpu" {
    stem, first, last = 40, 24, 1728
    widths = [32, 56, 112, 128, 256, 432]
  }
  if target == "cpu" {
    stem, first, last = 40, 24, 1432
    widths = [32, 48, 88, 104, 216, 360]
  }
  strides = [2, 2, 2, 1, 2, 1]
  blocks = [4, 4, 4, 4, 4, 1]
  x = image -> conv(3, stem, 2) -> bn -> relu6 -> inverted(3, 1, first, 1)
  for stage in 0 ..< 6 {
    x = x -> candidate(widths[stage], strides[stage])
    for i in 1 ..< blocks[stage] { x = sum([x, x -> residual(widths[stage])]) }
  }
  return x -> conv(1, last) -> bn -> relu6 -> global_avg_pool -> linear(classes)
}
