"""The branches of the ENAS macro space (Pham et al.; ICML 2018): each begins with a 1x1 convolution."""

block conv_branch(kernel, c) on x = x -> conv_bn_relu(1, c) -> conv_bn_relu(kernel, c)

block sep_branch(kernel, c) on x = x -> conv_bn_relu(1, c) -> sep_conv(kernel, c)

block avg_branch(kernel, c) on x = x -> conv_bn_relu(1, c) -> avg_pool(kernel)

block max_branch(kernel, c) on x = x -> conv_bn_relu(1, c) -> max_pool(kernel)

block factorized_reduce(c) on x =
    concat([x -> conv(1, c - c // 2, 2), x -> shift(1) -> conv(1, c // 2, 2)]) -> bn
