"""Notebook runs: typed parameters, a fresh kernel per case, a truthful record, HTML without a network."""
