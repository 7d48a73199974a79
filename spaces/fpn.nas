"""A neck over three scales, after the feature pyramid (Lin et al.; CVPR 2017; arXiv 1612.03144).

The ways down and up are repeated as in BiFPN (Tan, Pang, Le; CVPR 2020; arXiv 1911.09070).  Three maps in, three of
one width out.  Each of 1 to `most` rounds merges 4 times, twice towards the large maps and twice back; a merge
has one of 3 operations, and one way of 2 to resize.  (3 * 2) ** 4 = 1,296 a round:
1,296 + 1,296 ** 2 + 1,296 ** 3 = 2,178,463,248.  The inputs are those that a ResNet-50 has of an image of 256x256;
the alternatives are not from a paper."""

choice merge = conv(3) as plain | depthwise_merge | conv(1) as pointwise
block depthwise_merge on x = x -> depthwise(3) -> conv(1)

choice larger = upsample(2) as nearest | smooth
block smooth on x = x -> upsample(2) -> depthwise(3)
choice smaller = max_pool(3, 2) as pooled | depthwise(3, 2) as strided

# `b` is brought to the size of `a` and added to it.
block climb on a, b = sum([a, b -> larger]) -> merge -> bn -> relu
block descend on a, b = sum([a, b -> smaller]) -> merge -> bn -> relu

block pyramid on a, b, c {
  down = [b, c] -> (climb as to_middle)
  large = [a, down] -> (climb as to_large)
  middle = [down, large] -> (descend as back_to_middle)
  return large, middle, [c, middle] -> (descend as back_to_small)
}

space fpn(channels = 64, size = 32, most = 3) on c3: image[512, size, size], c4: image[1024, size // 2, size // 2],
    c5: image[2048, size // 4, size // 4] {
  a, b, c = c3 -> conv(1, channels), c4 -> conv(1, channels), c5 -> conv(1, channels)
  rounds = one of (1 .. most)
  for i in 0 ..< rounds { a, b, c = [a, b, c] -> pyramid }
  return p3 = a, p4 = b, p5 = c
}
