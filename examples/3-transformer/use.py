"""Loads a trained network without nasdsl and runs it on random images: python use.py FOLDER"""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
from network import Network  # noqa: E402

network = Network()
network.load_state_dict(load_file(folder / "weights.safetensors"))
network.eval()
with torch.no_grad():
    scores = network(torch.rand(4, 1, 8, 8))
print(f"{sum(p.numel() for p in network.parameters()):,} parameters, scores {tuple(scores.shape)}")
