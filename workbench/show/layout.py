"""Places for the nodes of a network, the same ones every time."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

_ALL: Final = 400
_SAMPLE: Final = 150
_STEPS: Final = 150
_TO_MIDDLE: Final = 2.0
_EVEN: Final = 0.5
"""How far places are moved towards even ones: a dense middle is given room, since distance means nothing here."""


def places(count: int, edges: NDArray[np.int64], *, seed: int = 4) -> Points:
    """Lay out ``count`` nodes joined by ``edges`` (pairs of node numbers, shape (m, 2)).

    Gives coordinates between 0 and 1, shape (count, 2). Forces: Fruchterman and Reingold 1991. Above 400
    nodes each node is pushed by a random sample of the others, scaled up: Gove, A Random Sampling O(n)
    Force-calculation Algorithm for Graph Layouts, 2019. The seed makes it repeatable; distance on the
    picture means nothing by itself.
    """
    if count == 0:
        return np.zeros((0, 2))
    chance = np.random.default_rng(seed)
    at = chance.random((count, 2))
    ideal = 1 / np.sqrt(count)
    for heat in np.linspace(0.1, 0.001, _STEPS):
        force = _pushed(at, ideal, chance) + _pulled(at, edges, ideal)
        # A pull to the middle keeps parts that nothing joins near the rest.
        force += (0.5 - at) * _TO_MIDDLE
        size = np.maximum(np.hypot(force[:, 0], force[:, 1]), 1e-9)
        at += force / size[:, None] * np.minimum(size, heat)[:, None]
    return _scaled(at) * (1 - _EVEN) + _scaled(at.argsort(axis=0).argsort(axis=0).astype(np.float64)) * _EVEN


def _scaled(at: Points) -> Points:
    low, high = at.min(axis=0), at.max(axis=0)
    return np.where(high > low, (at - low) / np.where(high > low, high - low, 1), 0.5)


def _pushed(at: Points, ideal: float, chance: np.random.Generator) -> Points:
    count = len(at)
    sample = np.arange(count) if count <= _ALL else chance.choice(count, _SAMPLE, replace=False)
    apart = at[:, None, :] - at[None, sample, :]
    squared = np.maximum((apart**2).sum(axis=2), 1e-6)
    pushed: Points = (apart * (ideal**2 / squared)[:, :, None]).sum(axis=1) * (count / len(sample))
    return pushed


def _pulled(at: Points, edges: NDArray[np.int64], ideal: float) -> Points:
    force = np.zeros_like(at)
    if len(edges):
        apart = at[edges[:, 1]] - at[edges[:, 0]]
        pull = apart * np.hypot(apart[:, 0], apart[:, 1])[:, None] / ideal
        np.add.at(force, edges[:, 0], pull)
        np.add.at(force, edges[:, 1], -pull)
    return force
