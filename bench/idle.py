"""What an installation takes that has nothing to do: memory and processor time of a server and a worker.

    python -m bench.idle [--seconds 30]

Target: both together below 200 MB, as a NAS has to spare; and a machine that is left alone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import psutil
from tests.e2e.installation import Installation, wait_for

TARGET_MB = 200.0


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures an idle server and an idle worker.")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long to watch their processor time")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ploeg-bench-") as folder:
        installation = Installation(Path(folder) / "ploeg", {"sandbox": "none"})
        try:
            installation.start_server()
            installation.start_worker()
            wait_for(lambda: _idle(installation), "the worker to be idle", lambda: installation.log("worker"))
            total = _watched(installation, arguments.seconds)
        finally:
            installation.close()
    print(f"{'together':<10}{total:>8.0f} MB   target {TARGET_MB:.0f} MB: {'met' if total < TARGET_MB else 'NOT met'}")
    return 0


def _watched(installation: Installation, seconds: float) -> float:
    """Prints a line for each process; what they take together, in MB."""
    processes = {name: psutil.Process(started.pid) for name, started in installation.running.items()}
    before = {name: sum(process.cpu_times()[:2]) for name, process in processes.items()}
    time.sleep(seconds)
    total = 0.0
    for name, process in processes.items():
        megabytes = process.memory_info().rss / 1e6
        spent = sum(process.cpu_times()[:2]) - before[name]
        print(f"{name:<10}{megabytes:>8.0f} MB   {1000 * spent / seconds:6.1f} ms of a processor each second")
        total += megabytes
    return total


def _idle(installation: Installation) -> bool:
    return any(worker["state"] == "idle" for worker in installation.ask("GET", "/workers")["items"])


if __name__ == "__main__":
    sys.exit(main())
