"""Fits what judges rows of features: heads by logistic regression, or a network of one hidden layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PENALTY, STEPS = 1.0, 30
UNITS, EPOCHS, BATCH, RATE = 256, 12, 256, 2e-3
COUNCIL = 4
"""So many networks, each begun elsewhere, are averaged into one (Hansen and Salamon 1990): they err apart."""
DECAY, DROPPED, NOISE = 0.5, 0.5, 0.05
"""What keeps a few thousand lines from being learnt by heart: weight decay (AdamW, Loshchilov and Hutter 2019), the
share of units left out at each step (Srivastava et al. 2014), and the spread of the noise on the features."""
Floats = NDArray[np.float32]
Answers = NDArray[np.bool_]
"""Yes or no to each question about each row, shape (rows, questions)."""
Weights = NDArray[np.float64]
"""How much each row counts, shape (rows,)."""


@dataclass(frozen=True, slots=True)
class Linear:
    """`weights` (questions, features + 1), the bias last."""

    weights: Floats

    def __call__(self, rows: Floats) -> Floats:
        """Log-odds, shape (rows, questions)."""
        return affine(rows, self.weights)


@dataclass(frozen=True, slots=True)
class Network:
    """`inner` (units, features + 1), `outer` (questions, units + 1), the bias last."""

    inner: Floats
    outer: Floats

    def __call__(self, rows: Floats) -> Floats:
        """Log-odds, shape (rows, questions)."""
        return affine(np.maximum(affine(rows, self.inner), 0.0), self.outer)


def affine(rows: Floats, weights: Floats) -> Floats:
    """`rows` times `weights`, of which the last column is the bias."""
    found: Floats = rows @ weights[:, :-1].T + weights[:, -1]
    return found


def linear(rows: Floats, yes: Answers, even: Weights) -> Linear:
    """One head a question, by Newton's method; both sides of a question weigh alike."""
    return Linear(np.array([_logistic(rows, each, even) for each in yes.T], dtype=np.float32))


def network(rows: Floats, yes: Answers, even: Weights) -> Network:
    """One network for all questions, the same on every run; both sides of a question weigh alike."""
    several = [_network(rows, yes, even, seed) for seed in range(COUNCIL)]
    inner = np.vstack([each.inner for each in several])
    outer = np.hstack([each.outer[:, :-1] for each in several] + [sum(each.outer[:, -1:] for each in several)])
    return Network(inner, (outer / COUNCIL).astype(np.float32))


def _network(rows: Floats, yes: Answers, even: Weights, seed: int) -> Network:
    import torch
    from torch import nn

    torch.manual_seed(seed)
    made = nn.Sequential(
        nn.Linear(rows.shape[1], UNITS), nn.ReLU(), nn.Dropout(DROPPED), nn.Linear(UNITS, yes.shape[1])
    )
    weight = torch.tensor(even / even.mean(), dtype=torch.float32)
    rarer = torch.tensor([even[~each].sum() / even[each].sum() for each in yes.T], dtype=torch.float32)
    loss = nn.BCEWithLogitsLoss(pos_weight=rarer, reduction="none")
    given, answers = torch.tensor(rows), torch.tensor(yes, dtype=torch.float32)
    walk = torch.optim.AdamW(made.parameters(), lr=RATE, weight_decay=DECAY)
    pace = torch.optim.lr_scheduler.OneCycleLR(walk, RATE, total_steps=EPOCHS * -(-len(rows) // BATCH))
    for _ in range(EPOCHS):
        order = torch.randperm(len(rows))
        for some in (order[at : at + BATCH] for at in range(0, len(order), BATCH)):
            blurred = given[some] + NOISE * torch.randn(len(some), rows.shape[1])
            walk.zero_grad()
            (loss(made(blurred), answers[some]).mean(dim=1) * weight[some]).mean().backward()
            walk.step()
            pace.step()
    inner, outer = (
        np.hstack([part["weight"].numpy(), part["bias"].numpy()[:, None]])
        for part in (made[0].state_dict(), made[3].state_dict())
    )
    return Network(inner, outer)


def _logistic(features: Floats, yes: Answers, even: Weights) -> Weights:
    """Weights and, last, bias, with an L2 penalty on the weights."""
    x = np.hstack([features, np.ones((len(features), 1))]).astype(np.float64)
    weight = even * np.where(yes, even[~yes].sum() / even[yes].sum(), 1.0)
    weight *= len(weight) / weight.sum()
    penalty = np.full(x.shape[1], PENALTY)
    penalty[-1] = 1e-6
    found = np.zeros(x.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(x @ found, -30, 30)))
        slope = x.T @ (weight * (chance - yes)) + penalty * found
        curve = (x * (weight * chance * (1 - chance) + 1e-9)[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        found -= step
        if np.abs(step).max() < 1e-6:
            break
    return found
