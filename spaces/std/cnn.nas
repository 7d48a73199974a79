"""Common convolutional blocks.  Every file has these names without a `use`."""

block skip on x = x

block depthwise(kernel, stride = 1, dilation = 1) on x =
    x -> conv(kernel, stride = stride, dilation = dilation, groups = channels(x))

block conv_bn_relu(kernel, c = channels(x), stride = 1) on x = x -> conv(kernel, c, stride) -> bn -> relu

# A depthwise convolution, then a pointwise one.
block sep_conv(kernel, c = channels(x), stride = 1) on x =
    x -> depthwise(kernel, stride) -> conv(1, c) -> bn -> relu

# The residual block of ResNet (He et al. 2016) with the pooled shortcut that NAS-Bench-201 uses.
block residual_block(c, stride) on x {
  y = x -> relu -> conv(3, c, stride) -> bn -> relu -> conv(3, c) -> bn
  shortcut = x -> avg_pool(2, stride, 0) -> conv(1, c)
  return sum([y, shortcut])
}
