"""ENAS macro (Pham et al.; ICML 2018; arXiv 1802.03268).

Every layer takes one of six operations and sums any of the earlier outputs but its immediate input's;
6 ** 12 * 2 ** 66 = 160,618,186,625,454,535,808,756,219,904 architectures."""

use std.enas

choice layer(c) =
    conv_branch(3, c) | sep_branch(3, c) | conv_branch(5, c) | sep_branch(5, c) | avg_branch(3, c) | max_branch(3, c)

space enas_macro(layers = 12, filters = 24, classes = 10) on image: image[3, 32, 32] {
  seen = [image -> conv(3, filters) -> bn]
  for l in 0 ..< layers {
    y = seen[-1] -> layer(filters)
    seen += [sum([y] + any of seen[:-1]) -> bn if l > 0 else y]
    if l in [layers // 3 - 1, 2 * layers // 3 - 1] {
      seen = [t -> factorized_reduce(filters) for t in seen]
    }
  }
  return seen[-1] -> global_avg_pool -> linear(classes)
}
