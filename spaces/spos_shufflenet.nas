"""Single Path One-Shot (Guo et al.; ECCV 2020; arXiv 1904.00420): 20 ShuffleNetV2 blocks for ImageNet, each of four.

Kernel 3, 5 or 7, or three 3x3 convolutions as in Xception: 4 ** 20 = 1,099,511,627,776 architectures.

This is the first space of the paper, without searched channels.  As in the authors' code, batch-norm has no scale of
its own while searching and the classifier has no bias."""

block norm on x = x -> bn(affine = not searching)

block pointwise(c) on x = x -> conv(1, c) -> norm -> relu

block main_branch(kernel, c, middle, stride) on x =
    x -> pointwise(middle) -> depthwise(kernel, stride) -> norm -> pointwise(c)

block xception_branch(c, middle, stride) on x =
    x -> depthwise(3, stride) -> norm -> pointwise(middle) -> depthwise(3) -> norm -> pointwise(middle)
      -> depthwise(3) -> norm -> pointwise(c)

# Half of the channels pass by; a block of stride 2 takes all of them on both ways.
block halves(stride) on x {
  even, odd = split(x -> shuffle(channels(x) // 2), 2)
  return even if stride == 1 else x, odd if stride == 1 else x
}

block past(kernel, stride) on x =
    x if stride == 1 else x -> depthwise(kernel, stride) -> norm -> pointwise(channels(x))

block shuffle_unit(kernel, c, stride) on x {
  a, b = x -> halves(stride)
  return concat([a -> past(kernel, stride), b -> main_branch(kernel, c - channels(a), c // 2, stride)])
}

block shuffle_xception(c, stride) on x {
  a, b = x -> halves(stride)
  return concat([a -> past(3, stride), b -> xception_branch(c - channels(a), c // 2, stride)])
}

choice layer(c, stride) =
    shuffle_unit(3, c, stride) as shuffle_3x3 | shuffle_unit(5, c, stride) as shuffle_5x5
  | shuffle_unit(7, c, stride) as shuffle_7x7 | shuffle_xception(c, stride) as xception

space spos_shufflenet(classes = 1000, resolution = 224, drop = 0.1) on image: image[3, resolution, resolution] {
  widths = [64, 160, 320, 640]
  blocks = [4, 4, 8, 4]
  x = image -> conv(3, 16, 2) -> norm -> relu
  for stage in 0 ..< 4 {
    for i in 0 ..< blocks[stage] { x = x -> layer(widths[stage], 2 if i == 0 else 1) }
  }
  return x -> pointwise(1024) -> global_avg_pool -> dropout(drop) -> linear(classes, bias = false)
}
