"""Parts of a searched axis that do not begin at its first feature."""

from __future__ import annotations

import torch
from torch import nn

from nasdsl.runtime.elastic import ElasticBatchNorm2d


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
