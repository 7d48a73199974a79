"""The cells and operations of DARTS (Liu, Simonyan, Yang; ICLR 2019).

While searching, batch-norm has no scale of its own (it would undo the relaxation's weights) and pooling is
normalised; a derived network has the scale and plain pooling."""

block norm on x = x -> bn(affine = not searching)

block none(stride) on x = x -> zero(stride)

block max_pool3(stride) on x {
  y = x -> max_pool(3, stride)
  return y -> norm if searching else y
}

block avg_pool3(stride) on x {
  y = x -> avg_pool(3, stride)
  return y -> norm if searching else y
}

block relu_conv_bn(kernel, c) on x = x -> relu -> conv(kernel, c) -> norm

# Two convolutions of stride 2, the second one pixel aside, so that every pixel is seen.
block factorized_reduce(c) on x {
  y = x -> relu
  return concat([y -> conv(1, c - c // 2, 2), y -> shift(1) -> conv(1, c // 2, 2)]) -> norm
}

block skip(stride) on x = x if stride == 1 else x -> factorized_reduce(channels(x))

block separable(kernel, stride, dilation = 1) on x =
    x -> relu -> conv(kernel, stride = stride, dilation = dilation, groups = channels(x)) -> conv(1) -> norm

block sep_conv(kernel, stride) on x = x -> separable(kernel, stride) -> separable(kernel, 1)

block dil_conv(kernel, stride) on x = x -> separable(kernel, stride, 2)

# 1x1 to c channels, or a factorized reduction when the tensor is larger than wanted.
block fit(c, wanted) on x = x -> relu_conv_bn(1, c) if size(x) == wanted else x -> factorized_reduce(c)

choice edge(stride) =
    ~none(stride)
  | max_pool3(stride) as max_pool_3 | avg_pool3(stride) as avg_pool_3 | skip(stride)
  | sep_conv(3, stride) | sep_conv(5, stride)
  | dil_conv(3, stride) | dil_conv(5, stride)

block dag(nodes, stride) on a, b {
  x = [a, b]
  for i in 2 ..< nodes + 2 {
    x += [sum(2 of [x[j] -> edge(stride if j < 2 else 1) for j in 0 ..< i])]
  }
  return concat(x[2:])
}

cell normal(nodes) on a, b = [a, b] -> dag(nodes, 1)
cell reduction(nodes) on a, b = [a, b] -> dag(nodes, 2)

# The auxiliary classifiers of the authors' code; the one for ImageNet has no batch-norm before its last relu.
block cifar_head(classes) on x =
    x -> relu -> avg_pool(5, 3, 0) -> conv_bn_relu(1, 128) -> conv(2, 768, padding = 0) -> bn -> relu
      -> flatten -> linear(classes)

block imagenet_head(classes) on x =
    x -> relu -> avg_pool(5, 2, 0) -> conv_bn_relu(1, 128) -> conv(2, 768, padding = 0) -> relu
      -> flatten -> linear(classes)
