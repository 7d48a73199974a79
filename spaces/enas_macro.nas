"""ENAS macro (Pham et al.; ICML 2018; arXiv 1802.03268).

Every layer takes one of six operations and sums any of the earlier outputs but its immediate input's;
6 ** 12 * 2 ** 66 = 160,618,186,625,454,535,808,756,219,904 architectures.

As in the authors' code, the final network is another one than that of the search: it doubles its width at each
reduction, and a layer's output and its skips are joined by concatenation and a 1x1 convolution.  Unlike in the code,
separable convolutions stay separable there, and it has pooling, which the code leaves out.

The defaults are for searching; `layers = 24, filters = 96, drop = 0.5` is the authors' final network.  `drop` is the
dropout before the classifier."""

use std.enas

choice layer(c) =
    conv_branch(3, c) | sep_branch(3, c) | conv_branch(5, c) | sep_branch(5, c) | avg_branch(3, c) | max_branch(3, c)

# A 1x1 convolution of a concatenation is the sum of one for each of its parts.
block joined(c) on x = x if searching else x -> relu -> conv(1, c)

space enas_macro(layers = 12, filters = 24, classes = 10, drop = 0.0) on image: image[3, 32, 32] {
  c = filters
  seen = [image -> conv(3, c) -> bn]
  for l in 0 ..< layers {
    y = seen[-1] -> layer(c)
    seen += [sum([y -> joined(c)] + any of [t -> joined(c) for t in seen[:-1]]) -> bn if l > 0 else y]
    if l in [layers // 3 - 1, 2 * (layers // 3) - 1] {
      c = c if searching else 2 * c
      seen = [t -> factorized_reduce(c) for t in seen]
    }
  }
  return seen[-1] -> global_avg_pool -> dropped(drop) -> linear(classes, bias = false)
}
