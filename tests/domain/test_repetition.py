"""An agent goes round in circles when it makes the same few calls again and again, and nothing else between them."""

from __future__ import annotations

import pytest

from ploeg.domain.repetition import Repetition


def times(calls: str) -> int:
    repetition = Repetition()
    for call in calls:
        repetition.heard(call)
    return repetition.times


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ("", 0),
        ("a", 1),
        ("aaaa", 4),
        ("abab", 2),
        ("xyabcabcabc", 3),
        ("abcdabcdabcda", 3),
        ("abcdeabcde", 1),
        ("aaab", 1),
        ("aabaabaab", 3),
        ("aaaaaaaab" + "cc", 2),
    ],
)
def test_how_often_it_went_round(calls: str, expected: int) -> None:
    assert times(calls) == expected
