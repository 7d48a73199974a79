"""Searching and retraining: data sets, strategies, runs.  Importing this package does not import torch."""
