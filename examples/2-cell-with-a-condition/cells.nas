"""A cell of three nodes, each of some of the nodes before it, with at most five edges and two skips."""

choice edge = conv_bn_relu(3) | sep_conv(3) | max_pool(3) | skip

cell body(nodes) on a {
  x = [a]
  for i in 1 .. nodes {
    into = some of x
    x += [sum([t -> edge for t in into])]
  }
  require count(into) <= 5
  require count(skip in body) <= 2
  return x[-1]
}

space cells(channels = 8, nodes = 3, classes = 10) on image: image[1, 8, 8] {
  x = image -> conv(3, channels) -> bn -> relu -> body(nodes)
  x = x -> conv(3, 2 * channels, 2) -> bn -> relu -> body(nodes)
  require params <= 10K
  return x -> global_avg_pool -> linear(classes)
}
