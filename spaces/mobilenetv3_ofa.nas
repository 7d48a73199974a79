"""Once-for-All MobileNetV3 (Cai, Gan, Wang, Zhang, Han; ICLR 2020; arXiv 1908.09791): depth, kernel and expansion.

Five stages have 2, 3 or 4 blocks; a block has kernel 3, 5 or 7 and expansion 3, 4 or 6:
(9 ** 2 + 9 ** 3 + 9 ** 4) ** 5 = 21,758,655,492,572,485,851 architectures.

The weights of a smaller setting are a slice of the larger one's.  The authors pass smaller kernels through a learned
matrix as well, and sort the channels of an expansion by importance while training; here the centre of the kernel
and the first channels are taken.  Their input resolutions, 128 to 224, are `resolution`; `width` multiplies
all channels, 1.0 and 1.2 were published."""

use std.mobile

block unit(c, stride, act, se) on x {
  k = 3 | 5 | 7
  e = 3 | 4 | 6
  h = x -> conv(1, round8(e * channels(x))) -> bn -> act -> depthwise(k, stride) -> bn -> act
  if se { h = h -> squeeze_excite }
  h = h -> conv(1, c) -> bn
  return sum([h, x]) if stride == 1 and channels(x) == c else h
}

block stage(c, stride, act, se, most = 4) on x {
  depth = one of (2 .. most)
  for i in 0 ..< depth { x = x -> unit(c, stride if i == 0 else 1, act, se) }
  return x
}

space mobilenetv3_ofa(
  width = 1.0, classes = 1000, resolution = 224, drop = 0.1
) on image: image[3, resolution, resolution] {
  c = [round8(width * base) for base in [16, 24, 40, 80, 112, 160, 960, 1280]]
  x = image -> conv(3, c[0], 2) -> bn -> hardswish
  x = sum([x, x -> depthwise(3) -> bn -> relu -> conv(1, c[0]) -> bn])
  strides = [2, 2, 2, 1, 2]
  for i in 0 ..< 5 {
    x = x -> stage(c[i + 1], strides[i], relu if i < 2 else hardswish, i in [1, 3, 4])
  }
  x = x -> conv(1, c[6]) -> bn -> hardswish -> global_avg_pool -> linear(c[7], bias = false) -> hardswish
  return x -> dropout(drop) -> linear(classes)
}
