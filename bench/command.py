"""How long a command takes to answer, beside starting Python and doing nothing, taken in turn in the same run.

    python -m bench.command [--rounds 15]

`ploeg job list` asks a real server on loopback.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 60.0


def main() -> None:
    parser = argparse.ArgumentParser(description="A command's answer, beside Python's bare start.")
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    ploeg = [sys.executable, "-m", "ploeg"]
    with tempfile.TemporaryDirectory(prefix="ploeg-bench-") as folder, running_server(ploeg, Path(folder)) as env:
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "ploeg --help": [*ploeg, "--help"],
            "ploeg job list": [*ploeg, "job", "list"],
        }
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                taken[name].append(seconds_of(command, env))
    floor = statistics.median(taken["python -c pass"])
    print(f"{'command':<18}{'median ms':>10}{'min ms':>9}{'x floor':>9}")
    for name, times in taken.items():
        median = statistics.median(times)
        print(f"{name:<18}{median * 1000:>10.0f}{min(times) * 1000:>9.0f}{median / floor:>9.1f}")


@contextmanager
def running_server(ploeg: list[str], home: Path) -> Iterator[dict[str, str]]:
    """The environment in which commands find it, once it answers."""
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "PLOEG_HOME": str(home), "PLOEG_PORT": "7469"}
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen([*ploeg, "server"], env=env, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + PATIENCE
            while subprocess.run([*ploeg, "job", "list"], env=env, capture_output=True).returncode != 0:
                if time.monotonic() > deadline or server.poll() is not None:
                    raise SystemExit((home / "server.log").read_text("utf-8", "replace"))
            yield env
        finally:
            server.terminate()
            server.wait(PATIENCE)


def seconds_of(command: list[str], env: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=env, capture_output=True, check=True, timeout=PATIENCE)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
