"""FBNet (Wu et al.; CVPR 2019; arXiv 1812.03443): 22 mobile blocks for ImageNet, each one of nine.

Kernel 3 or 5 with expansion 1, expansion 1 in two groups, 3 or 6; or a skip: 9 ** 22 = 984,770,902,183,611,232,881
architectures.

A skip that changes the size is a 1x1 convolution, as in the authors' code.  The classifier's width was 1504 for
FBNet-A and 1984, the default, for B and C.  The code of the published networks adds biases to the convolutions
that batch-norm follows; here there are none."""

block irf(kernel, expansion, c, stride, groups = 1) on x {
  h = x -> conv(1, expansion * channels(x), groups = groups) -> bn -> relu
  if groups > 1 { h = h -> shuffle(groups) }
  h = h -> depthwise(kernel, stride) -> bn -> relu -> conv(1, c, groups = groups) -> bn
  return sum([h, x]) if stride == 1 and channels(x) == c else h
}

block skip_or_fit(c, stride) on x =
    x if stride == 1 and channels(x) == c else x -> conv_bn_relu(1, c, stride)

choice layer(c, stride) =
    irf(3, 1, c, stride) as k3_e1 | irf(3, 1, c, stride, groups = 2) as k3_e1_g2
  | irf(3, 3, c, stride) as k3_e3 | irf(3, 6, c, stride) as k3_e6
  | irf(5, 1, c, stride) as k5_e1 | irf(5, 1, c, stride, groups = 2) as k5_e1_g2
  | irf(5, 3, c, stride) as k5_e3 | irf(5, 6, c, stride) as k5_e6
  | skip_or_fit(c, stride) as skip

space fbnet(width = 1984, classes = 1000, resolution = 224) on image: image[3, resolution, resolution] {
  widths = [16, 24, 32, 64, 112, 184, 352]
  strides = [1, 2, 2, 2, 1, 2, 1]
  blocks = [1, 4, 4, 4, 4, 4, 1]
  x = image -> conv_bn_relu(3, 16, 2)
  for stage in 0 ..< 7 {
    for i in 0 ..< blocks[stage] { x = x -> layer(widths[stage], strides[stage] if i == 0 else 1) }
  }
  return x -> conv_bn_relu(1, width) -> global_avg_pool -> linear(classes)
}
