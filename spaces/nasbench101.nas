"""NAS-Bench-101 (Ying et al.; ICML 2019; arXiv 1902.09635): one cell, any graph of up to 7 vertices and 9 edges.

Each of 5 vertices takes one of three operations and sums any of the vertices before it; what the output does not
reach is no part of the architecture.  That gives 1,824,025 architectures, counted under the bound on edges; 423,624 of
their networks are distinct, as the paper says.  In the paper's networks a vertex has as many channels as the output
leaves it, which widths that are known before cannot say: here every vertex has those of the module, sums take the place
of concatenation at the output, and a 1x1 convolution follows it."""

choice vertex = conv_bn_relu(1) | conv_bn_relu(3) | max_pool(3, 1)

cell module(vertices, edges, c) on a {
  x = [a]
  for i in 1 ..< vertices - 1 {
    into = some of x
    x += [sum(into) -> vertex]
  }
  out = some of x
  require count(into) + count(out) <= edges
  return sum(out) -> conv(1, c)
}

space nasbench101(channels = 128, modules = 3, vertices = 7, edges = 9, classes = 10) on image: image[3, 32, 32] {
  x = image -> conv_bn_relu(3, channels)
  for stack in 0 ..< 3 {
    if stack > 0 { x = x -> max_pool(2, 2, 0) }
    for n in 0 ..< modules { x = x -> module(vertices, edges, channels * 2 ** stack) }
  }
  return x -> global_avg_pool -> linear(classes)
}
