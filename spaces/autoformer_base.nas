"""AutoFormer-base (Chen et al.; ICCV 2021; arXiv 2107.00651, table 1): see `autoformer_tiny`.

3 widths, and a layer has 3 numbers of heads and 3 ratios: 3 * (9 ** 14 + 9 ** 15 + 9 ** 16) = 6,245,364,340,204,353."""

use std.vit

space autoformer_base(
  classes = 1000, size = 224, patch = 16, least_depth = 14, most_depth = 16, head_dim = 64, relative = 14
) on image: image[3, size, size] {
  d = 528 | 576 | 624
  depth = one of (least_depth .. most_depth)
  x = image -> patches(patch, d) -> class_token -> positions
  for l in 0 ..< depth { x = x -> encoder(d, 8, 10, [3.0, 3.5, 4.0], head_dim, relative) }
  return x -> classifier(classes)
}
