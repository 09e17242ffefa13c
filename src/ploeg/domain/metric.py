"""Numbers that Ploeg tells of itself, and what they stand at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    #: Goes up and down.
    GAUGE = "gauge"
    #: Only ever goes up, from zero at each start.
    COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class Metric:
    """One number, or one for each combination of its labels' values."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()


class Readings:
    """Metrics and what they stand at, by the values of their labels."""

    def __init__(self) -> None:
        self._values: dict[Metric, dict[tuple[str, ...], float]] = {}

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        self._at(metric, labels)[labels] = value

    def add(self, metric: Metric, value: float, *labels: str) -> None:
        """Adds to what it stands at, which is nothing at first."""
        values = self._at(metric, labels)
        values[labels] = values.get(labels, 0.0) + value

    def copy(self) -> Readings:
        twin = Readings()
        twin._values = {metric: dict(values) for metric, values in self._values.items()}
        return twin

    def __iter__(self) -> Iterator[tuple[Metric, dict[tuple[str, ...], float]]]:
        return iter(self._values.items())

    def _at(self, metric: Metric, labels: tuple[str, ...]) -> dict[tuple[str, ...], float]:
        if len(labels) != len(metric.labels):
            raise ValueError(f"{metric.name} has the labels {metric.labels}, not {labels}")
        return self._values.setdefault(metric, {})
