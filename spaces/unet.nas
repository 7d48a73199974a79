"""A U-Net (Ronneberger, Fischer, Brox; MICCAI 2015; arXiv 1505.04597) with searched depth, blocks and joins.

The contracting path has up to `most` levels below the first, the expanding one climbs from the level that the depth
names.  A block has one of 4 operations; a way up has one of 2 and may add its level or be joined to it.  At depth d
that is d + 1 blocks on the way down and d on the way up with 4 * 2 * 2 each: the sum over d = 2..4 of
4 ** (d + 1) * 16 ** d = 4 ** 3 * 16 ** 2 + 4 ** 4 * 16 ** 3 + 4 ** 5 * 16 ** 4 = 68,173,824.
The original has two plain convolutions a block and no padding; the alternatives are not from a paper."""

choice step(c) = conv_bn_relu(3, c) | conv_bn_relu(5, c) | sep_conv(3, c) | sep_conv(5, c)

block unit(c) on x = x -> step(c) -> conv_bn_relu(3)

block nearest(c) on x = x -> upsample(2) -> conv(1, c)
block mixed(c) on x = x -> conv(1, 4 * c) -> upsample(2) -> conv_bn_relu(3, c)

block added on a, b = sum([a, b])
block joined on a, b = concat([a, b]) -> conv(1, channels(a))

# One level up: larger, together with what the contracting path left there.
block climb(c) on x, left {
  up = nearest(c) | mixed(c)
  return [x -> up, left] -> (added | joined) -> unit(c)
}

space unet(channels = 16, classes = 2, size = 64, least = 2, most = 4) on image: image[3, size, size] {
  levels = [image -> unit(channels)]
  for i in 1 .. most { levels += [levels[-1] -> max_pool(2, 2, 0) -> unit(channels * 2 ** i)] }
  depth = one of (least .. most)
  x = levels[depth]
  for k in 1 .. most {
    i = most - k
    if i < depth { x = [x, levels[i]] -> climb(channels * 2 ** i) }
  }
  return x -> conv(1, classes, bias = true)
}
