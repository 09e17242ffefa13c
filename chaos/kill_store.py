"""Kills the store's process at random moments, and counts what was acknowledged and is not there.

    python -m chaos.kill_store [KILLS] [--seed 1] [--url postgresql://…]

A child runs the store's own code: callers that queue, claim and finish jobs all at once, so that their verbs share
commits. What the store has acknowledged, the child says over a pipe; then it is killed, now and then while it still
opens the database. The parent opens it again and looks: everything that was acknowledged is there, no verb was stored
in part, no job was finished twice, no lane has two active jobs, and SQLite finds its file sound.

With `--url` it is that (empty) PostgreSQL database's client that is killed.
"""

from __future__ import annotations

import argparse
import os
import random
import select
import signal
import sys
import tempfile
import time
from pathlib import Path

from chaos.store_child import live
from chaos.store_verdict import Verdict, examine
from ploeg.store.store import Store

#: A new file now and then: so that its making is killed too, and looking through it stays quick.
KILLS_PER_FILE = 50
#: Seconds from the first acknowledgement to the kill, at most; or from the start, for the kills at birth.
LIFE = 0.08
BIRTH = 0.1
KILLED_AT_BIRTH = 0.15
PATIENCE = 30.0


def main() -> int:
    parser = argparse.ArgumentParser(description="Kills the store's process and counts what was lost.")
    parser.add_argument("kills", nargs="?", type=int, default=200)
    parser.add_argument("--kills", dest="kills_too", type=int, help="the same, by name")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--url", help="a PostgreSQL database to use instead of SQLite files")
    arguments = parser.parse_args()
    kills = arguments.kills_too or arguments.kills
    print(f"seed {arguments.seed}", flush=True)
    random.seed(arguments.seed)
    with tempfile.TemporaryDirectory(prefix="ploeg-chaos-") as folder:
        return Rounds(Path(folder), arguments.url).run(kills)


class Rounds:
    def __init__(self, folder: Path, url: str | None) -> None:
        self._folder = folder
        self._given_url = url
        self._acknowledged: dict[str, set[str]] = {}
        self._total = 0
        self._verdict = Verdict()

    def run(self, kills: int) -> int:
        """Exit code: 0 when nothing was violated."""
        for number in range(kills):
            url = self._given_url or f"sqlite:///{self._folder / f'{number // KILLS_PER_FILE}.db'}"
            if number == 0 or (number % KILLS_PER_FILE == 0 and not self._given_url):
                self._acknowledged = {"queued": set(), "claimed": set(), "finished": set()}
            self._hear(live_and_die(url))
            self._look(url)
            if self._verdict.findings:
                break
        found = self._verdict
        for finding in found.findings:
            print(finding)
        integrity = "ok" if found.sound else "BROKEN"
        print(
            f"kills {number + 1} acknowledged {self._total} lost {found.lost} double {found.double} "
            f"integrity {integrity}"
        )
        return 1 if found.findings else 0

    def _hear(self, said: str) -> None:
        lines = said.splitlines()
        self._total += len(lines)
        for line in lines:
            verb, _, what = line.partition(" ")
            self._acknowledged[verb].add(what)

    def _look(self, url: str) -> None:
        store = Store.open(url, backup=False)
        self._verdict = store.read_blocking(lambda tx: examine(tx, self._acknowledged))
        store.close()


def live_and_die(url: str) -> str:
    """What one child was acknowledged before its kill."""
    seed = random.getrandbits(32)
    at_birth = random.random() < KILLED_AT_BIRTH
    moment = random.uniform(0, BIRTH if at_birth else LIFE)
    ear, mouth = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ear)
        _be_the_child(url, mouth, seed)
    os.close(mouth)
    if not at_birth and not select.select([ear], [], [], PATIENCE)[0]:
        raise RuntimeError("the child said nothing")
    time.sleep(moment)
    os.kill(child, signal.SIGKILL)
    with os.fdopen(ear, encoding="utf-8") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise RuntimeError(f"the child ended by itself ({status}); run it alone to see why")
    return said


def _be_the_child(url: str, mouth: int, seed: int) -> None:
    try:
        live(url, mouth, seed)
    finally:
        os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
