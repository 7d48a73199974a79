"""AutoFormer-small (Chen et al.; ICCV 2021; arXiv 2107.00651, table 1): see `autoformer_tiny`.

3 widths, and a layer has 3 numbers of heads and 3 ratios: 3 * (9 ** 12 + 9 ** 13 + 9 ** 14) = 77,103,263,459,313."""

use std.vit

space autoformer_small(
  classes = 1000, size = 224, patch = 16, least_depth = 12, most_depth = 14, head_dim = 64, relative = 14
) on image: image[3, size, size] {
  d = 320 | 384 | 448
  depth = one of (least_depth .. most_depth)
  x = image -> patches(patch, d) -> class_token -> positions
  for l in 0 ..< depth { x = x -> encoder(d, 5, 7, [3.0, 3.5, 4.0], head_dim, relative) }
  return x -> classifier(classes)
}
