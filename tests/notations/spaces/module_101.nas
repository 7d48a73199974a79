"""The cell of NAS-Bench-101: some of the earlier vertices go into each vertex, and some go out."""

choice vertex = conv_bn_relu(1) | conv_bn_relu(3) | max_pool(3, 1)

cell module(vertices, c) on a {
  x = [a]
  for i in 1 ..< vertices - 1 {
    into = some of x
    x += [sum(into) -> vertex]
  }
  out = some of x
  require count(into) + count(out) <= 9
  return sum(out) -> conv(1, c)
}

space module_101(vertices = 7, classes = 10) on image: image[3, 8, 8] {
  x = image -> conv(3, 4) -> module(vertices, 8) -> module(vertices, 8)
  return x -> global_avg_pool -> linear(classes)
}
