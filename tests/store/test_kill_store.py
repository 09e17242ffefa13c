"""A small round of `chaos/kill_store.py`, and proof that it would notice."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from chaos.store_child import claim, finish, queue, settle_in
from chaos.store_verdict import examine

from ploeg.domain.ids import AttemptId, JobId
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction
from tests.store import postgres

PROJECT = Path(__file__).parents[2]
TALLY = re.compile(r"kills (\d+) acknowledged (\d+) lost 0 double 0 integrity ok")


def kill(*arguments: str) -> tuple[int, int]:
    """Kills made and acknowledgements checked, in a round that finds nothing."""
    command = [sys.executable, "-m", "chaos.kill_store", "--seed", "11", *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=110, check=False)
    tally = TALLY.search(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert tally is not None, done.stdout
    return int(tally[1]), int(tally[2])


@pytest.mark.campaign
def test_nothing_acknowledged_is_lost_when_sqlites_process_is_killed() -> None:
    kills, acknowledged = kill("--kills", "20")
    assert kills == 20
    assert acknowledged > 20


@pytest.mark.campaign
def test_nothing_acknowledged_is_lost_when_a_postgres_client_is_killed(postgres_cluster: postgres.Cluster) -> None:
    with postgres_cluster.database() as url:
        kills, acknowledged = kill("--kills", "10", "--url", url)
    assert kills == 10
    assert acknowledged > 10


@pytest.fixture
def lived(store: Store) -> Store:
    """A store with one job that was finished."""
    store.write_blocking(settle_in)
    store.write_blocking(lambda tx: queue(tx, JobId("job_1")))
    assert store.write_blocking(lambda tx: claim(tx, AttemptId("att_1")))
    assert store.write_blocking(lambda tx: finish(tx, AttemptId("att_1")))
    return store


def told(lived: Store, **acknowledged: set[str]) -> tuple[int, int]:
    verdict = lived.read_blocking(lambda tx: examine(tx, acknowledged))
    assert bool(verdict.findings) == bool(verdict.lost or verdict.double)
    return verdict.lost, verdict.double


def test_what_is_there_is_not_lost(lived: Store) -> None:
    assert told(lived, queued={"job_1"}, claimed={"att_1"}, finished={"att_1"}) == (0, 0)


def test_what_was_acknowledged_and_is_gone_is_lost(lived: Store) -> None:
    assert told(lived, queued={"job_1", "job_2"}, claimed={"att_2"}, finished={"att_3"}) == (3, 0)


def test_a_half_stored_verb_is_a_loss(lived: Store) -> None:
    lived.write_blocking(lambda tx: tx.connection.exec_driver_sql("DELETE FROM events WHERE type = 'job.claimed'"))
    assert told(lived) == (1, 0)


def test_a_second_finish_is_noticed(lived: Store) -> None:
    def again(tx: Transaction) -> None:
        tx.events.add("job.done", job_id=JobId("job_1"), actor="chaos", data={})

    lived.write_blocking(again)
    assert told(lived) == (0, 1)
