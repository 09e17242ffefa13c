from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ploeg.control import sweep
from ploeg.control.work import calls, presence, report
from ploeg.domain.attempt import Outcome, Phase
from ploeg.domain.backlog import TaskStatus
from ploeg.domain.errors import Invalid, NotFound, Superseded
from ploeg.domain.job import JobStatus
from ploeg.domain.worker import WorkerState
from ploeg.wire.assignment import Assignment
from ploeg.wire.work import Handback, Presence, QuotaWindow, ToolCall, UsageOut
from tests.control.house import BASE, SHA, Hand, House, proof


@pytest.fixture
def hand(house: House) -> Hand:
    house.run(house.a_task())
    return house.hand()


def test_a_heartbeat_renews_the_lease_and_notes_how_far_it_is(house: House, hand: Hand) -> None:
    got = hand.take()
    house.clock.turn(seconds=100)
    usage = UsageOut(input_tokens=5, turns=2, cost_usd=0.25)
    reply = hand.beat(got, agent_started=True, session_id="s", model="opus", base_sha=BASE, usage=usage)
    assert (reply.order, reply.lease_seconds) == ("continue", 300)
    attempt = house.attempt(got)
    assert attempt.lease_until == house.clock.now + timedelta(seconds=300)
    assert (attempt.phase, attempt.session_id, attempt.model) == (Phase.AGENT, "s", "opus")
    assert (attempt.usage.input_tokens, attempt.usage.cost_usd) == (5, 0.25)
    assert house.job(got).status is JobStatus.RUNNING
    hand.beat(got, "verify")
    assert house.attempt(got).session_id == "s"
    assert house.told()[-3:] == ["job.phase", "job.started", "job.phase"]


def test_an_unknown_phase_or_outcome_is_refused_with_the_known_ones(hand: Hand) -> None:
    got = hand.take()
    with pytest.raises(Invalid, match="prepare"):
        hand.beat(got, "lunch")
    with pytest.raises(Invalid, match="reported_failed"):
        hand.finish(got, "great")


#: outcome -> the job's status, whether it counts, the task's status.
ENDS = {
    "reported_failed": (JobStatus.FAILED, 1, TaskStatus.FAILED),
    "skipped": (JobStatus.SKIPPED, 0, TaskStatus.TO_DO),
    "gate_refused": (JobStatus.FAILED, 1, TaskStatus.FAILED),
    "no_report": (JobStatus.QUEUED, 1, TaskStatus.IN_PROGRESS),
    "agent_crashed": (JobStatus.QUEUED, 1, TaskStatus.IN_PROGRESS),
    "workspace_failed": (JobStatus.QUEUED, 1, TaskStatus.IN_PROGRESS),
    "workspace_impossible": (JobStatus.FAILED, 1, TaskStatus.FAILED),
    "timed_out": (JobStatus.FAILED, 1, TaskStatus.FAILED),
    "silent": (JobStatus.FAILED, 1, TaskStatus.FAILED),
    "over_budget": (JobStatus.FAILED, 1, TaskStatus.FAILED),
    "too_many_turns": (JobStatus.FAILED, 1, TaskStatus.FAILED),
    "runaway": (JobStatus.FAILED, 1, TaskStatus.FAILED),
    "quota_exhausted": (JobStatus.QUEUED, 0, TaskStatus.IN_PROGRESS),
    "auth_expired": (JobStatus.QUEUED, 0, TaskStatus.IN_PROGRESS),
    "waiting": (JobStatus.WAITING, 0, TaskStatus.IN_PROGRESS),
    "push_conflict": (JobStatus.FAILED, 1, TaskStatus.FAILED),
    "push_failed": (JobStatus.QUEUED, 1, TaskStatus.IN_PROGRESS),
    "lease_lost": (JobStatus.QUEUED, 0, TaskStatus.IN_PROGRESS),
    "worker_lost": (JobStatus.QUEUED, 1, TaskStatus.IN_PROGRESS),
    "worker_stopped": (JobStatus.QUEUED, 0, TaskStatus.IN_PROGRESS),
    "cancelled": (JobStatus.CANCELLED, 0, TaskStatus.TO_DO),
}


def test_every_outcome_but_done_stands_in_the_table() -> None:
    assert set(ENDS) | {"done"} == set(Outcome)


@pytest.mark.parametrize("outcome", ENDS)
def test_what_an_outcome_makes_of_job_and_task(house: House, hand: Hand, outcome: str) -> None:
    got = hand.take()
    reply = hand.finish(got, outcome, reason="because")
    job = house.job(got)
    assert got.task is not None
    assert (job.status, job.counted, house.task_now(got.task.id).status) == ENDS[outcome]
    assert (reply.job_status, reply.not_before) == (job.status, job.not_before)
    assert (job.outcome, job.status.terminal) == (outcome, job.ended_at is not None)
    assert house.attempt(got).lease_until is None


def test_done_keeps_the_receipt_and_rolls_up(house: House, hand: Hand) -> None:
    got = hand.take()
    assert got.task is not None
    hand.done(got, summary="Said hello.", kept_ref="refs/ploeg/J-1/1", usage=UsageOut(turns=3, cost_usd=0.5))
    attempt, job = house.attempt(got), house.job(got)
    assert job.status is JobStatus.DONE
    assert (attempt.head_sha, attempt.pushed_at, attempt.kept_ref) == (SHA, house.clock.now, "refs/ploeg/J-1/1")
    assert attempt.receipt == proof()["receipt"]
    assert (attempt.summary, attempt.usage.turns) == ("Said hello.", 3)
    assert house.task_now(got.task.id).status is TaskStatus.DONE
    assert house.told()[-5:] == ["attempt.ended", "job.done", "task.changed", "story.changed", "pbi.changed"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"receipt": None}, "receipt"),
        ({"head_sha": None}, "head_sha"),
        ({"head_sha": "c" * 40}, "head_sha"),
        ({"receipt": {"head_sha": SHA, "gates": []}}, "receipt"),
        ({"receipt": {"head_sha": SHA, "gates": [{"name": "x", "passed": False}]}}, "receipt"),
        ({"receipt": {"head_sha": SHA, "gates": "passed"}}, "receipt"),
        ({"pushed": False}, "pushed"),
    ],
)
def test_done_without_its_proof_is_refused_and_the_attempt_goes_on(
    house: House, hand: Hand, change: dict[str, Any], field: str
) -> None:
    got = hand.take()
    with pytest.raises(Invalid) as refused:
        hand.done(got, **change)
    assert refused.value.field == field
    assert house.attempt(got).active


def test_a_check_that_changed_nothing_is_done_without_a_push(house: House, hand: Hand) -> None:
    got = hand.take()
    hand.done(got, base_sha=SHA, pushed=False)
    assert house.job(got).status is JobStatus.DONE


def test_the_same_end_reported_twice_changes_nothing(house: House, hand: Hand) -> None:
    got = hand.take()
    first = hand.finish(got, "agent_crashed", reason="it fell over")
    told = house.told()
    assert hand.finish(got, "agent_crashed", reason="it fell over") == first
    assert house.told() == told
    assert house.job(got).counted == 1


def test_another_end_after_the_first_is_refused(house: House, hand: Hand) -> None:
    got = hand.take()
    hand.finish(got, "worker_stopped")
    with pytest.raises(Superseded):
        hand.done(got)
    assert house.job(got).status is JobStatus.QUEUED


def every_write(hand: Hand, got: Assignment) -> dict[str, Any]:
    call = ToolCall(call_id="c", tool="log_implementation", arguments={"story_id": "ST-001", "content": "x"})
    return {
        "heartbeat": lambda: hand.beat(got),
        "done": lambda: hand.done(got),
        "failed": lambda: hand.finish(got, "reported_failed"),
        "call": lambda: hand.house.write(calls.call, hand.actor, hand.house.installation, got.attempt_id, call),
    }


def test_a_superseded_attempt_writes_nothing_any_more(house: House, hand: Hand) -> None:
    old = hand.take()
    hand.finish(old, "worker_stopped")
    new = house.hand("two").take()
    assert new.job_id == old.job_id
    for name, write in every_write(hand, old).items():
        with pytest.raises(Superseded):
            write()
        assert house.attempt(new).active, name


def test_another_worker_s_attempt_is_not_there(house: House, hand: Hand) -> None:
    got = hand.take()
    for name, write in every_write(house.hand("two"), got).items():
        with pytest.raises(NotFound):
            write()
        assert house.attempt(got).active, name
    with pytest.raises(NotFound):
        hand.house.write(report.of_caller, hand.actor, "att_\x00")


def test_a_job_that_takes_its_worker_down_each_time_comes_to_an_end(house: House, hand: Hand) -> None:
    for counted in (1, 2, 3):
        got = hand.take()
        hand.beat(got, agent_started=True)
        house.write(report.hand_back, hand.actor, house.installation, Handback(worker=hand.info))
        assert (house.attempt(got).outcome, house.job(got).counted) == ("worker_lost", counted)
        house.clock.turn(seconds=600)
    assert house.job(got).status is JobStatus.FAILED


def test_a_worker_that_starts_anew_hands_its_attempts_back_uncounted(house: House, hand: Hand) -> None:
    house.run(house.a_task("two"))
    lost, held = hand.take(), hand.take()
    reply = house.write(
        report.hand_back, hand.actor, house.installation, Handback(worker=hand.info, still_held=[held.attempt_id])
    )
    assert reply.handed_back == [lost.attempt_id]
    assert (house.job(lost).status, house.job(lost).counted) == (JobStatus.QUEUED, 0)
    assert house.attempt(held).active


def test_what_a_worker_still_holds_when_it_starts_is_not_taken_away_before_it_could_report(
    house: House, hand: Hand
) -> None:
    held = hand.take()
    house.clock.turn(seconds=290)
    still_held = Handback(worker=hand.info, still_held=[held.attempt_id])
    house.write(report.hand_back, hand.actor, house.installation, still_held)
    house.clock.turn(seconds=290)
    assert house.write(sweep.reap) == 0
    hand.finish(held, "worker_stopped")
    assert house.job(held).counted == 0


def test_another_instance_with_the_same_token_hands_back_nothing_of_it(house: House, hand: Hand) -> None:
    got = hand.take()
    other = type(hand.info)(instance="other", hostname="h", pid=2, version="1", runtimes=["patch"])
    assert house.write(report.hand_back, hand.actor, house.installation, Handback(worker=other)).handed_back == []
    assert house.attempt(got).active


def test_words_of_a_worker_never_keep_an_attempt_from_ending(house: House, hand: Hand) -> None:
    got = hand.take()
    receipt = {**proof()["receipt"], "commands": [{"tail": "nul \x00 here"}]}
    hand.done(got, reason="x" * 100_000, summary="\x00" * 5000, model="m" * 1000, receipt=receipt)
    job = house.job(got)
    assert job.status is JobStatus.DONE
    assert len(job.reason or "") == report.REASON_MAX


def test_quota_windows_are_told_with_the_end(house: House, hand: Hand) -> None:
    got = hand.take()
    window = QuotaWindow(runtime="patch", window="five_hour", status="rejected", utilization=1.0)
    hand.finish(got, "quota_exhausted", quota=[window])
    ended = next(e for e in house.read(lambda tx: tx.events.after(0, None, 1000)) if e.type == "attempt.ended")
    assert ended.data["quota"][0]["window"] == "five_hour"


def test_three_lost_workers_fail_the_job(house: House, hand: Hand) -> None:
    for expected in ("queued", "queued", "failed"):
        assert hand.finish(hand.take(), "worker_lost").job_status == expected
        house.clock.turn(minutes=10)


def test_a_worker_s_state_is_shown_as_it_tells_it(house: House, hand: Hand) -> None:
    def show(state: str, **more: Any) -> None:
        house.write(presence.show, hand.actor, Presence(worker=hand.info, state=state, **more))

    show("stand_by", reason="quota", until=house.clock.now + timedelta(hours=1))
    (worker,) = house.read(presence.listing, house.admin)
    assert (worker.state, worker.reason) == (WorkerState.STAND_BY, "quota")
    with pytest.raises(Invalid):
        show("sleepy")
    assert presence.online(worker, house.clock.now)
    assert not presence.online(worker, house.clock.now + presence.GONE_AFTER)


def test_a_worker_that_signed_in_again_takes_jobs_again(house: House, hand: Hand) -> None:
    hand.finish(hand.take(), "auth_expired")
    assert hand.claim() is None
    house.write(presence.show, hand.actor, Presence(worker=hand.info, state="idle"))
    assert hand.claim() is None
    house.write(report.hand_back, hand.actor, house.installation, Handback(worker=hand.info, signed_in=["claude"]))
    assert hand.claim() is None
    house.write(report.hand_back, hand.actor, house.installation, Handback(worker=hand.info, signed_in=["patch"]))
    assert hand.claim() is not None


def test_a_worker_that_starts_anew_is_thought_to_be_signed_in(house: House, hand: Hand) -> None:
    hand.finish(hand.take(), "auth_expired")
    house.write(report.hand_back, hand.actor, house.installation, Handback(worker=hand.info))
    assert hand.claim() is not None


def test_people_see_their_own_workers_and_an_administrator_all(house: House, hand: Hand) -> None:
    ada = house.person("ada")
    hand.claim()
    house.hand("hers", of=ada).claim()
    assert [worker.hostname for worker in house.read(presence.listing, ada)] == ["hers"]
    assert len(house.read(presence.listing, house.admin)) == 2
