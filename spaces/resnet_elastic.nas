"""The elastic ResNet-50-D of Once-for-All (Cai et al.; ICLR 2020; arXiv 1908.09791): depth, width and bottleneck.

The stem has one of two first widths, one of three second ones, and an additional convolution or not: 12.
A stage has one of three widths and 2, 2, 4 or 2 blocks or up to two more; a block has one of three bottlenecks:
12 * prod over b = 2, 2, 4, 2 of 3 * (3 ** b + 3 ** (b + 1) + 3 ** (b + 2)) = 12 * 39 ** 4 * 3 ** 10
= 1,639,276,531,308 architectures.  ResNet-50-D (He et al., CVPR 2019) is one of them.

The space is that of the authors' code; the paper itself is about MobileNetV3.  The code lists the first width of
the stem three times, with multipliers 0.65, 0.8 and 1, of which two are the same 24 channels."""

block bottleneck(c, stride) on x {
  ratio = 0.2 | 0.25 | 0.35
  h = x -> conv_bn_relu(1, round8(ratio * c)) -> conv_bn_relu(3, stride = stride) -> conv(1, c) -> bn
  fits = stride == 1 and channels(x) == c
  shortcut = x if fits else x -> avg_pool(stride, stride, 0) -> conv(1, c) -> bn
  return sum([h, shortcut]) -> relu
}

block stage(base, least, stride) on x {
  width = 0.65 | 0.8 | 1.0
  depth = one of (least .. least + 2)
  for i in 0 ..< depth { x = x -> bottleneck(round8(width * base), stride if i == 0 else 1) }
  return x
}

space resnet_elastic(base = 64, classes = 1000, resolution = 224) on image: image[3, resolution, resolution] {
  first = round8(3 * base // 8) | base // 2
  deep = false | true
  width = 0.65 | 0.8 | 1.0
  x = image -> conv_bn_relu(3, first, 2)
  if deep { x = sum([x, x -> conv_bn_relu(3)]) }
  x = x -> conv_bn_relu(3, round8(width * base)) -> max_pool(3, 2)
  blocks = [2, 2, 4, 2]
  for i in 0 ..< 4 { x = x -> stage(4 * base * 2 ** i, blocks[i], 1 if i == 0 else 2) }
  return x -> global_avg_pool -> linear(classes)
}
