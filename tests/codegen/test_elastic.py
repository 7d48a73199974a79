"""Parts of a searched axis that do not begin at its first feature."""

from __future__ import annotations

import torch
from torch import nn

from nasdsl.runtime.elastic import ElasticBatchNorm2d, ElasticBias


def test_batch_norm_of_the_last_piece_alone() -> None:
    elastic, plain = ElasticBatchNorm2d(6), nn.BatchNorm2d(2)
    nn.init.uniform_(elastic.weight)
    with torch.no_grad():
        plain.weight.copy_(elastic.weight[4:])
    images = torch.randn(3, 2, 4, 4)
    result = elastic(images, layout=[(4, 0), (2, 2)])
    assert torch.equal(result, plain(images))
    assert elastic.running_mean is not None
    assert torch.equal(elastic.running_mean[4:], plain.running_mean)
    assert not elastic.running_mean[:4].any()


def test_bias_is_added_to_the_pieces_that_are_there() -> None:
    elastic = ElasticBias(6)
    assert not elastic.value.any()
    nn.init.uniform_(elastic.value)
    x = torch.randn(3, 5, 3)
    expected = x + elastic.value[[0, 4, 5]]
    assert torch.equal(elastic(x, layout=[(4, 1), (2, 2)]), expected)
