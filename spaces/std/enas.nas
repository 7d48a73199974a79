"""The branches of the ENAS macro space (Pham et al.; ICML 2018), and what its networks share.

Each branch begins with a 1x1 convolution.  As in the authors' code, relu comes last while searching, and before each
convolution in the final network."""

block conv_branch(kernel, c) on x = x -> ordered(1, c) -> ordered(kernel, c)

block sep_branch(kernel, c) on x {
  y = x -> ordered(1, c)
  return y -> sep_conv(kernel, c) if searching else y -> relu -> depthwise(kernel) -> conv(1, c) -> bn
}

block avg_branch(kernel, c) on x = x -> ordered(1, c) -> avg_pool(kernel)

block max_branch(kernel, c) on x = x -> ordered(1, c) -> max_pool(kernel)

block ordered(kernel, c) on x = x -> conv_bn_relu(kernel, c) if searching else x -> relu -> conv(kernel, c) -> bn

block factorized_reduce(c) on x =
    concat([x -> conv(1, c - c // 2, 2), x -> shift(1) -> conv(1, c // 2, 2)]) -> bn

block dropped(rate) on x = x -> dropout(rate) if rate > 0 else x
