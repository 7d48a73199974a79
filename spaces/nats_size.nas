"""The size space of NATS-Bench (Dong, Liu, Musial, Gabrys; TPAMI 2021; arXiv 2009.00437): five widths of one network.

Each of five stages has one of eight widths: 8 ** 5 = 32,768 architectures.

The cell is fixed, the best of NAS-Bench-201 on CIFAR-100 in the authors' table:
|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|.
A skip connection between widths that differ is a 1x1 convolution with batch-norm, as in their code."""

block nor_conv(kernel, c) on x = x -> relu -> conv(kernel, c) -> bn

block skip_connect(c) on x = x if channels(x) == c else x -> conv(1, c) -> bn

block cell_(c) on a {
  b = a -> nor_conv(3, c)
  d = sum([a -> nor_conv(3, c), b -> nor_conv(3, c)])
  return sum([a -> skip_connect(c), b -> nor_conv(3, c), d -> nor_conv(3, c)])
}

space nats_size(classes = 10) on image: image[3, 32, 32] {
  x = image
  for stage in 0 ..< 5 {
    width = 8 | 16 | 24 | 32 | 40 | 48 | 56 | 64
    if stage == 0 { x = x -> conv(3, width) -> bn }
    x = x -> (residual_block(width, 2) if stage in [1, 3] else cell_(width))
  }
  return x -> bn -> relu -> global_avg_pool -> linear(classes)
}
