"""Telling an agent that goes round in circles by the calls that it makes."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable

#: Longest circle that is noticed, in calls.
LONGEST = 4


class Repetition:
    """Hears each call of an agent; `times` is how often it went round the same one to four calls by now, in a row."""

    def __init__(self) -> None:
        self._last: deque[Hashable] = deque(maxlen=LONGEST)
        #: For each length of a circle, how many calls in a row were the same as the one that long ago.
        self._same = [0] * (LONGEST + 1)

    def heard(self, call: Hashable) -> None:
        """`call` is what it called and with what, to be compared by equality."""
        for length in range(1, LONGEST + 1):
            again = len(self._last) >= length and self._last[-length] == call
            self._same[length] = self._same[length] + 1 if again else 0
        self._last.append(call)

    @property
    def times(self) -> int:
        return max(self._same[length] // length for length in range(1, LONGEST + 1)) + 1 if self._last else 0
