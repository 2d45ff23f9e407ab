"""Figures of a classifier against labels: accuracy, F1, correlation, calibration. Plain sums that can be read."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

LABELS = ("negative", "neutral", "positive")


@dataclass(frozen=True)
class Bin:
    """Texts whose confidence lies in one of ten steps: how many, how sure on average, and which share was right."""

    texts: int
    confidence: float
    right: float


def accuracy(pairs: Sequence[tuple[str, str]]) -> float:
    """Share of (label, told) that are equal."""
    return sum(label == told for label, told in pairs) / len(pairs)


def macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """Mean over the labels that occur of the harmonic mean of precision and recall."""
    labels, told, both = (
        Counter(label for label, _ in pairs),
        Counter(answer for _, answer in pairs),
        Counter(label for label, answer in pairs if label == answer),
    )
    return sum(2 * both[label] / (labels[label] + told[label]) for label in labels) / len(labels)


def correlation(pairs: Sequence[tuple[float, float]]) -> float:
    """Pearson's r."""
    count = len(pairs)
    mean_x, mean_y = sum(x for x, _ in pairs) / count, sum(y for _, y in pairs) / count
    together = sum((x - mean_x) * (y - mean_y) for x, y in pairs)
    return together / sqrt(sum((x - mean_x) ** 2 for x, _ in pairs) * sum((y - mean_y) ** 2 for _, y in pairs))


def reliability(found: Sequence[tuple[float, bool]]) -> list[Bin]:
    """Of (confidence from 0 to 1, whether it was right), by tenths of confidence; empty ones are left out."""
    steps: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in found:
        steps.setdefault(min(9, int(confidence * 10)), []).append((confidence, right))
    return [
        Bin(len(some), sum(c for c, _ in some) / len(some), sum(r for _, r in some) / len(some))
        for _, some in sorted(steps.items())
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: how far confidence and share lie apart, weighted by texts."""
    texts = sum(each.texts for each in bins)
    return sum(each.texts * abs(each.confidence - each.right) for each in bins) / texts
