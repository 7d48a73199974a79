"""A hierarchical grammar over NAS-Bench-201 cells, after Schrodi et al. (NeurIPS 2023; arXiv 2211.01842).

An edge is nothing, the identity, pooling or one of 3 activations before one of 3 convolutions: 3 + 3 * 3 = 12.  A
cell has 6 edges, 12 ** 6 = 2,985,984 =: n.  A motif is two cells, three, or two beside a third, n ** 2 + 2 * n ** 3;
a reduction is one cell or two before the downsampling, or one with it beside a second, 2 * n + n ** 2.  Three
motifs with two reductions between them: (n ** 2 + 2 * n ** 3) ** 3 * (2 * n + n ** 2) ** 2.
The paper's grammar also derives in which order motifs and reductions come, and chooses among three norms; here the
order is that of NAS-Bench-201 and the norm is batch-norm."""

choice activation = relu | hardswish | mish
choice kernel = conv(1) | conv(3) | depthwise(3) as depthwise_3
choice edge = zero | identity | unit as conv | avg_pool(3)
block unit on x = x -> activation -> kernel -> bn

block nb201 on a {
  x = [a]
  for i in 1 .. 3 { x += [sum([t -> edge for t in x])] }
  return x[-1]
}

block chain(n) on x {
  for i in 0 ..< n { x = x -> nb201 }
  return x
}

block two on x = x -> chain(2)
block three on x = x -> chain(3)
block bypass on x = sum([x -> chain(2), x -> nb201])
choice motif = two | three | bypass

block down on x = x -> residual_block(2 * channels(x), 2)
block one_down on x = x -> nb201 -> down
block two_down on x = x -> chain(2) -> down
block down_bypass on x = sum([x -> nb201 -> down, x -> down])
choice reduction = one_down | two_down | down_bypass

space hierarchical_nb201(channels = 16, classes = 10) on image: image[3, 32, 32] {
  x = image -> conv(3, channels) -> bn -> motif
  for stage in 1 .. 2 { x = x -> reduction -> motif }
  return x -> bn -> relu -> global_avg_pool -> linear(classes)
}
