"""All that generated supernets import.  Knows nothing of the compiler."""

from nasdsl.runtime.choice import Weights, choose, chosen, once
from nasdsl.runtime.modules import ElasticLinear, Shift, Zero

__all__ = ["ElasticLinear", "Shift", "Weights", "Zero", "choose", "chosen", "once"]
