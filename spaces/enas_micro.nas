"""ENAS micro (Pham, Guan, Zoph, Le, Dean; ICML 2018; arXiv 1802.03268): a normal and a reduction cell for CIFAR-10.

A cell has five nodes; a node sums two of the earlier outputs, each through one of five operations, in order:
(prod over i = 2..6 of (5 * i) ** 2) ** 2 = 25,628,906,250,000,000,000,000,000 architectures.
What no node uses is the cell's output.

As in the authors' code, while searching a 1x1 convolution brings the output back to the cell's width, and reduction
comes before the cell; in the final network the operations of a reduction have stride 2, and outputs stay wide.
Unlike in the code, the earlier input of a cell there passes a 1x1 convolution even if its width fits already.
The defaults are the search network; `layers = 15, filters = 36, drop = 0.2, auxiliary = true` is the final one.  `drop`
is the dropout before the classifier; `auxiliary` adds a second one behind the second reduction and the cell after it,
as a result `aux`."""

use std.enas
use std.nasnet

choice op(c, stride) =
    separable(3, c, stride) as sep_conv_3 | separable(5, c, stride) as sep_conv_5
  | avg_pool(3, stride) as avg_pool_3 | max_pool(3, stride) as max_pool_3
  | skip_or_reduce(c, stride) as identity

block skip_or_reduce(c, stride) on x = x if stride == 1 else x -> factorized_reduce(c)

# The search network leaves alone what has the right width already.
block ready(c, wanted) on x =
    x if searching and size(x) == wanted and channels(x) == c else x -> fit(c, wanted)

block dag(nodes, c, stride) on a, b {
  x = [a -> ready(c, size(b)), b -> ready(c, size(b))]
  if not searching { x = [x[0], x[1] -> relu_conv_bn(1, c)] }
  for i in 2 ..< nodes + 2 {
    left = one of [x[j] -> op(c, stride if j < 2 else 1) for j in 0 ..< i]
    right = one of [x[j] -> op(c, stride if j < 2 else 1) for j in 0 ..< i]
    x += [sum([left, right])]
  }
  last = size(x[-1])
  out = concat([t if size(t) == last else t -> factorized_reduce(c) for t in unused(x)])
  return out -> relu_conv_bn(1, c) if searching else out
}

# The authors' second convolution pads the 2x2 pixels that are left by one more on two sides, and averages afterwards;
# here it sees them once, with the same weights.
block auxiliary_head(classes) on x =
    x -> relu -> avg_pool(5, 3, 0) -> conv_bn_relu(1, 128) -> conv(2, 768, padding = 0) -> bn -> relu
      -> global_avg_pool -> linear(classes, bias = false)

cell normal(nodes, c) on a, b = [a, b] -> dag(nodes, c, 1)
cell reduction(nodes, c) on a, b = [a, b] -> dag(nodes, c, 1 if searching else 2)

space enas_micro(
  layers = 6, filters = 20, nodes = 5, classes = 10, drop = 0.0, auxiliary = false
) on image: image[3, 32, 32] {
  s = image -> conv(3, 3 * filters) -> bn
  a, b, c = s, s, filters
  side = s
  for l in 0 ..< layers + 2 {
    reduce = l in [layers // 3, 2 * (layers // 3) + 1]
    if reduce { c = 2 * c }
    if reduce and searching { a, b = b, b -> factorized_reduce(c) }
    a, b = b, [a, b] -> (reduction(nodes, c) if reduce else normal(nodes, c))
    if l == 2 * (layers // 3) + 2 { side = b }
  }
  logits = b -> relu -> global_avg_pool -> dropped(drop) -> linear(classes, bias = false)
  return logits = logits, aux = side -> auxiliary_head(classes) if auxiliary
}
