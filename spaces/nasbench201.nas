"""NAS-Bench-201 (Dong, Yang; ICLR 2020; arXiv 2001.00326): one cell of four nodes, every edge one of five operations.

5 ** 6 = 15,625 architectures."""

choice edge = zero as none | identity as skip_connect | nor_conv(1) | nor_conv(3) | avg_pool(3)

block nor_conv(kernel) on x = x -> relu -> conv(kernel) -> bn

cell cell_(nodes) on a {
  x = [a]
  for i in 1 ..< nodes {
    x += [sum([t -> edge for t in x])]
  }
  return x[-1]
}

space nasbench201(channels = 16, cells = 5, nodes = 4, classes = 10) on image: image[3, 32, 32] {
  x = image -> conv(3, channels) -> bn
  for stage in 0 ..< 3 {
    if stage > 0 { x = x -> residual_block(channels * 2 ** stage, 2) }
    for n in 0 ..< cells { x = x -> cell_(nodes) }
  }
  return x -> bn -> relu -> global_avg_pool -> linear(classes)
}
