"""The operations of cells that follow NASNet (Zoph, Vasudevan, Shlens, Le; CVPR 2018): relu, convolution, batch-norm."""

use std.enas

block relu_conv_bn(kernel, c, stride = 1, dilation = 1) on x = x -> relu -> conv(kernel, c, stride, dilation) -> bn

# A depthwise and a pointwise convolution, twice.
block separable(kernel, c, stride) on x =
    x -> relu -> depthwise(kernel, stride) -> conv(1, c) -> bn
      -> relu -> depthwise(kernel) -> conv(1, c) -> bn

block dilated_separable(kernel, c, stride) on x =
    x -> relu -> depthwise(kernel, stride, 2) -> conv(1, c) -> bn

# A row of pixels, then a column of them.
block rectangular(size, c, stride) on x =
    x -> relu -> conv(1, c, stride, across = size) -> bn -> relu -> conv(size, c, across = 1) -> bn

block same(c, stride) on x = x if stride == 1 else x -> relu_conv_bn(1, c, stride)

# An earlier cell's output in the width and size of this cell.
block fit(c, wanted) on x = x -> relu_conv_bn(1, c) if size(x) == wanted else x -> relu -> factorized_reduce(c)
