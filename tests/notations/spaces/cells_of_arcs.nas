"""The cells of ENAS's micro space: two inputs a node, in order; what no node uses is put out."""

choice op(stride) =
    sep_conv(3, stride = stride) as sep_conv_3 | sep_conv(5, stride = stride) as sep_conv_5
  | avg_pool(3, stride) as avg_pool_3 | max_pool(3, stride) as max_pool_3 | identity

block dag(nodes) on a, b {
  x = [a, b]
  for i in 2 ..< nodes + 2 {
    left = one of [t -> op(1) for t in x]
    right = one of [t -> op(1) for t in x]
    x += [sum([left, right])]
  }
  return sum(unused(x))
}

cell normal(nodes) on a, b = [a, b] -> dag(nodes)
cell reduction(nodes) on a, b = [a, b] -> dag(nodes)

space cells_of_arcs(nodes = 5, classes = 10) on image: image[3, 8, 8] {
  s = image -> conv(3, 4)
  x = [s, [s, s] -> normal(nodes)] -> reduction(nodes)
  return x -> global_avg_pool -> linear(classes)
}
