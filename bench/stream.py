"""Reading an agent's output: chunks, redaction, lines, a file; beside copying the same pipe to a file, in the same run.

    python -m bench.stream [--megabytes 400] [--rounds 5]

The output is JSON lines as an agent prints them, 80 bytes to 4 KiB long, with the text of this repository in them. The
redactor knows five secrets of usual lengths, none of which occurs: as in nearly all output.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import statistics
import string
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from ploeg.workspace.lines import read_lines
from ploeg.workspace.process import Process, start
from ploeg.workspace.redact import Redactor

PIPE, OURS, BARE = "pipe to file", "redacted lines to file", "the same, nothing to redact"
MAX_LINE = 4 * 1024 * 1024
SECRET_LENGTHS = (108, 51, 40, 43, 64)

Side = Callable[[Process, Path], Awaitable[None]]


def main() -> None:
    parser = argparse.ArgumentParser(description="Reading an agent's output, beside a pipe copied to a file.")
    parser.add_argument("--megabytes", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    size = arguments.megabytes * 1_000_000
    with tempfile.TemporaryDirectory(prefix="ploeg-bench-") as folder:
        output = Path(folder) / "output"
        write_output(output, size)
        report(asyncio.run(measure(output, Path(folder) / "log", arguments.rounds)), output.stat().st_size)


def write_output(path: Path, size: int) -> None:
    chance = random.Random(1)
    text = "".join(file.read_text() for file in sorted(Path(__file__).parent.parent.rglob("src/**/*.py")))
    lines = [_line(chance, text) for _ in range(2000)]
    with path.open("wb") as file:
        while file.tell() < size:
            file.write(b"".join(chance.sample(lines, len(lines))))


def _line(chance: random.Random, text: str) -> bytes:
    begin = chance.randrange(len(text) - 4000)
    said = text[begin : begin + chance.choice([40, 200, 800, 3000])]
    message = {"type": "assistant", "message": {"content": [{"type": "text", "text": said}]}, "uuid": str(begin)}
    return json.dumps(message).encode() + b"\n"


async def measure(output: Path, log: Path, rounds: int) -> dict[str, list[float]]:
    """Seconds of each side, round by round; the sides take turns."""
    chance = random.Random(2)
    secrets = ["".join(chance.choices(string.ascii_letters + string.digits, k=length)) for length in SECRET_LENGTHS]
    sides: dict[str, Side] = {PIPE: _copy, OURS: _reading(Redactor(secrets)), BARE: _reading(Redactor([]))}
    times: dict[str, list[float]] = {name: [] for name in sides}
    for warm in [False] + [True] * rounds:
        for name, side in sides.items():
            begin = time.perf_counter()
            async with await start(["cat", str(output)], cwd=Path("/"), env={"PATH": "/usr/bin:/bin"}) as process:
                await side(process, log)
                await process.wait()
            if warm:
                times[name].append(time.perf_counter() - begin)
            assert log.stat().st_size == output.stat().st_size, name
    return times


async def _copy(process: Process, log: Path) -> None:
    with log.open("wb", buffering=0) as file:
        async for chunk in process.chunks():
            file.write(chunk)


def _reading(redactor: Redactor) -> Side:
    async def read(process: Process, log: Path) -> None:
        with log.open("wb") as file:
            async for lines in read_lines(process, redactor, MAX_LINE):
                file.write(b"\n".join(lines) + b"\n")

    return read


def report(times: dict[str, list[float]], size: int) -> None:
    floor = statistics.median(times[PIPE])
    print(f"{size / 1e6:,.0f} MB{'':28}{'MB/s':>8}{'of the pipe':>14}")
    for name, seconds in times.items():
        median = statistics.median(seconds)
        print(f"{name:<32}{size / 1e6 / median:>10.0f}{floor / median:>14.2f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
