"""The smallest useful space: three layers of four operations and one searched width, for 8x8 scans of digits.

192 architectures: 4 ** 3 * 3."""

space tiny(channels = 16, classes = 10) on x: image[1, 8, 8] {
  x = x -> conv(3, channels) -> bn -> relu
  for i in 1 .. 3 {
    x = x -> (conv_bn_relu(3) | conv_bn_relu(5) | sep_conv(3) | skip)
  }
  width = 32 | 64 | 128
  return x -> global_avg_pool -> linear(width) -> relu -> linear(classes)
}
