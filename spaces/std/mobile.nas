"""Blocks of mobile networks: inverted residuals and squeeze-and-excitation."""

# MobileNetV2 (Sandler et al.; CVPR 2018): a wide depthwise convolution between two narrow tensors.
block inverted(kernel, expansion, c, stride) on x {
  h = x if expansion == 1 else x -> conv(1, expansion * channels(x)) -> bn -> relu6
  return h -> depthwise(kernel, stride) -> bn -> relu6 -> conv(1, c) -> bn
}

# Hu et al. (CVPR 2018) as in MobileNetV3: a quarter of the channels in between, a hard sigmoid at the end.
block squeeze_excite on x {
  gate = x -> global_avg_pool -> linear(round8(channels(x) // 4)) -> relu -> linear(channels(x)) -> hardsigmoid
  return product([x, gate])
}
