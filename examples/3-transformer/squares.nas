"""A small transformer over a digit of 8x8 pixels: 16 squares of 2x2, each an element of a sequence."""

block encoder(d) on x {
  heads = 1 | 2 | 4
  ratio = 1 | 2 | 3
  x = sum([x, x -> layer_norm -> attention(heads, head_dim = 8) -> linear(d)])
  return sum([x, x -> layer_norm -> linear(ratio * d) -> gelu -> linear(d)])
}

space squares(classes = 10) on image: image[1, 8, 8] {
  d = 16 | 24 | 32
  depth = one of (1 .. 3)
  x = image -> patches(2, d) -> positions
  for i in 0 ..< depth { x = x -> encoder(d) }
  return x -> layer_norm -> mean_pool -> linear(classes)
}
