"""What a set-up or verify command says, told while it runs: all of it to the run log, and to those who follow the job
as much as a person can read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ploeg.worker.live import LiveAttempt
from ploeg.workspace.limits import Allowance
from ploeg.workspace.lines import LineSplitter

#: Longest line that is shown.
LINE_BYTES = 2048
#: Bytes that are shown at once, and how many more a second.
BURST = 64 * 1024
RATE = 8 * 1024


class LiveOutput:
    """Of one command. Redacted as everything is; `close` tells the last line."""

    def __init__(self, live: LiveAttempt, clock: Callable[[], float] = time.monotonic) -> None:
        self._live = live
        self._redactor = live.redactor.stream()
        self._splitter = LineSplitter(LINE_BYTES)
        self._allowance = Allowance(BURST, RATE, clock)
        self._left_out = 0

    def hear(self, chunk: bytes) -> None:
        self._tell(self._splitter.feed(self._redactor.feed(chunk)))

    def close(self) -> None:
        self._tell([*self._splitter.feed(self._redactor.flush()), *self._splitter.flush()])
        if self._left_out:
            self._live.shipper.note("command_output", text=self._gap())

    def _tell(self, lines: Sequence[bytes]) -> None:
        if not lines:
            return
        self._live.log.lines("command", lines)
        self._live.log.flush()
        shown: list[str] = []
        for line in lines:
            if not self._allowance.take(len(line) + 1):
                self._left_out += 1
                continue
            if self._left_out:
                shown.append(self._gap())
                self._left_out = 0
            shown.append(line.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}"))
        if shown:
            self._live.shipper.note("command_output", text="\n".join(shown))

    def _gap(self) -> str:
        return f"… {self._left_out} lines are left out here; the worker's run log has them"
