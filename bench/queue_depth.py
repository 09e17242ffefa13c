"""Claims per second with a deep queue and with a long history, beside a small one, in the same run.

python -m bench.queue_depth [--deep 1000000] [--shallow 10000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from bench.claims import CALLERS, call, claim, ratio
from bench.installation import store_with_queue
from ploeg.store.store import Store

#: Light jobs: a million of them should fit any disk.
PAYLOAD = "x" * 100


def main() -> None:
    parser = argparse.ArgumentParser(description="Claims per second, by what has piled up.")
    parser.add_argument("--deep", type=int, default=1_000_000)
    parser.add_argument("--shallow", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ploeg-bench-") as folder:
        report(measure(Path(folder), arguments.deep, arguments.shallow, arguments.rounds))


def measure(folder: Path, deep: int, shallow: int, rounds: int) -> dict[str, list[float]]:
    """Claims per second of each store, round by round; the stores take turns."""
    claims = shallow // (rounds + 2)
    stores = {
        f"{shallow:,} queued": store_with_queue(folder / "shallow.db", shallow, 0, PAYLOAD),
        f"{deep:,} queued": store_with_queue(folder / "queued.db", deep, 0, PAYLOAD),
        f"{shallow:,} queued, {deep:,} finished": store_with_queue(folder / "done.db", shallow, deep, PAYLOAD),
    }
    rates: dict[str, list[float]] = {name: [] for name in stores}
    for warm in [False] + [True] * rounds:
        for name, store in stores.items():
            rate = claims_per_second(store, claims)
            if warm:
                rates[name].append(rate)
    for store in stores.values():
        store.close()
    return rates


def claims_per_second(store: Store, claims: int) -> float:
    begin = time.perf_counter()
    asyncio.run(call(store, claim, CALLERS, claims))
    return claims / (time.perf_counter() - begin)


def report(rates: dict[str, list[float]]) -> None:
    shallow = next(iter(rates.values()))
    print(f"{CALLERS} callers{'':32}{'claims/s':>10}{'of the first':>15}")
    for name, measured in rates.items():
        print(f"{name:42}{statistics.median(measured):>10,.0f}{ratio(measured, shallow):>15}")


if __name__ == "__main__":
    main()
