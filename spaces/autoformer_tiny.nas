"""AutoFormer-tiny (Chen et al.; ICCV 2021; arXiv 2107.00651): a vision transformer with weights shared by slicing.

Width and depth are decided once, heads and ratio in every layer.  3 widths, 2 numbers of heads and 3 ratios:
3 * (6 ** 12 + 6 ** 13 + 6 ** 14) = 280,804,921,344.  The ratio 3 is in NNI's form of the space, and the authors'
own architecture has it; the paper's table 1 has 3.5 and 4, `--set least_ratio=3.5`:
3 * (4 ** 12 + 4 ** 13 + 4 ** 14) = 1,056,964,608.  The class token classifies, as in the paper; the authors' code
may take the mean of the others instead."""

use std.vit

space autoformer_tiny(
  classes = 1000, size = 224, patch = 16, least_depth = 12, most_depth = 14, least_ratio = 3.0, head_dim = 64,
  relative = 14
) on image: image[3, size, size] {
  d = 192 | 216 | 240
  depth = one of (least_depth .. most_depth)
  x = image -> patches(patch, d) -> class_token -> positions
  for l in 0 ..< depth {
    x = x -> encoder(d, 3, 4, [r for r in [3.0, 3.5, 4.0] if r >= least_ratio], head_dim, relative)
  }
  return x -> classifier(classes)
}
