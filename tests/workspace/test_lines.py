from __future__ import annotations

import random
import tracemalloc
from pathlib import Path

import pytest

from ploeg.workspace.lines import LineSplitter, read_lines
from ploeg.workspace.process import start
from ploeg.workspace.redact import MARK, Redactor


def split(limit: int, *chunks: bytes) -> list[bytes]:
    splitter = LineSplitter(limit)
    return [line for chunk in chunks for line in splitter.feed(chunk)] + splitter.flush()


def test_lines_are_those_of_the_stream_however_it_is_cut() -> None:
    chance = random.Random(11)
    for _ in range(300):
        data = bytes(chance.choice(b"ab\n") for _ in range(chance.randint(0, 200)))
        cuts = sorted(chance.choices(range(len(data) + 1), k=5))
        chunks = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
        assert split(1000, *chunks) == data.removesuffix(b"\n").split(b"\n") if data else split(1000, *chunks) == []


def test_a_last_line_without_a_newline_counts() -> None:
    assert split(100, b"one\ntw", b"o") == [b"one", b"two"]


def test_a_line_of_a_megabyte_passes_where_the_limit_allows_it() -> None:
    line = b"x" * 1_000_000
    assert split(4 * 1024 * 1024, *(line[n : n + 65536] for n in range(0, len(line), 65536)), b"\nnext\n") == [
        line,
        b"next",
    ]


@pytest.mark.parametrize("size", [7, 100])
def test_a_longer_line_is_cut_and_says_by_how_much(size: int) -> None:
    data = b"0123456789abcdef\nshort\n"
    chunks = [data[n : n + size] for n in range(0, len(data), size)]
    assert split(10, *chunks) == [b"0123456789 [ploeg: 6 bytes cut]", b"short"]


def test_a_gigabyte_without_a_newline_takes_no_more_memory_than_the_limit() -> None:
    splitter, chunk = LineSplitter(1_000_000), bytes(65536)
    tracemalloc.start()
    for _ in range(1_000_000_000 // len(chunk)):
        splitter.feed(chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000
    [line] = splitter.flush()
    assert line.endswith(b"bytes cut]")


@pytest.mark.anyio
async def test_a_process_is_read_as_redacted_lines(tmp_path: Path) -> None:
    script = 'printf "one tok"; printf "en-12345678 two\\n\\377\\n"; head -c 3000 /dev/zero | tr "\\0" z'
    async with await start(["/bin/sh", "-c", script], cwd=tmp_path, env={}) as process:
        lines = [line async for batch in read_lines(process, Redactor(["token-12345678"]), 1000) for line in batch]
    assert lines == [f"one {MARK} two".encode(), b"\xff", b"z" * 1000 + b" [ploeg: 2000 bytes cut]"]
