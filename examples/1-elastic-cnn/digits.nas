"""An elastic network for 8x8 scans of digits: kernels, expansions, depth and width are searched."""

block unit(c, stride) on x {
  k = 3 | 5
  e = 1 | 2 | 4
  h = x -> conv(1, e * channels(x)) -> bn -> relu -> depthwise(k, stride) -> bn -> relu -> conv(1, c) -> bn
  return sum([h, x]) if stride == 1 and channels(x) == c else h
}

block stage(c, stride) on x {
  depth = one of (1 .. 3)
  for i in 0 ..< depth { x = x -> unit(c, stride if i == 0 else 1) }
  return x
}

space digits(classes = 10) on image: image[1, 8, 8] {
  w = 8 | 16
  x = image -> conv(3, w) -> bn -> relu
  x = x -> (stage(16, 1) as early) -> (stage(32, 2) as late)
  return x -> global_avg_pool -> linear(classes)
}
