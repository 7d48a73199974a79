"""The encoder of the AutoFormer spaces (Chen et al.; ICCV 2021): heads of 64 features and relative positions."""

# Heads and the ratio of the hidden layer are decided in each layer, the width d outside.
block encoder(d, least_heads, most_heads, ratios, head_dim, relative) on x {
  heads = one of (least_heads .. most_heads)
  ratio = one of ratios
  x = sum([x, x -> layer_norm -> attention(heads, head_dim, relative) -> linear(d)])
  return sum([x, x -> layer_norm -> linear(int(ratio * d)) -> gelu -> linear(d)])
}

block classifier(classes) on x = x -> layer_norm -> take(0) -> linear(classes)
