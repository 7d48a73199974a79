"""All that generated supernets import.  Knows nothing of the compiler."""

from nasdsl.runtime.choice import Weights, average, choose, chosen, once, unused
from nasdsl.runtime.elastic import (
    ElasticAttention,
    ElasticAvgPool2d,
    ElasticBatchNorm1d,
    ElasticBatchNorm2d,
    ElasticBias,
    ElasticClassToken,
    ElasticConv2d,
    ElasticEmbedding,
    ElasticLayerNorm,
    ElasticLinear,
    ElasticMaxPool2d,
    ElasticPatches,
    ElasticPositions,
)
from nasdsl.runtime.lookup import masked, searched
from nasdsl.runtime.modules import Attention, Bias, ClassToken, LockedDropout, Patches, Positions, Shift, Zero, scan

__all__ = [
    "Attention",
    "Bias",
    "ClassToken",
    "ElasticAttention",
    "ElasticAvgPool2d",
    "ElasticBatchNorm1d",
    "ElasticBatchNorm2d",
    "ElasticBias",
    "ElasticClassToken",
    "ElasticConv2d",
    "ElasticEmbedding",
    "ElasticLayerNorm",
    "ElasticLinear",
    "ElasticMaxPool2d",
    "ElasticPatches",
    "ElasticPositions",
    "LockedDropout",
    "Patches",
    "Positions",
    "Shift",
    "Weights",
    "Zero",
    "average",
    "choose",
    "chosen",
    "masked",
    "once",
    "scan",
    "searched",
    "unused",
]
