"""Jobs on their way: queued, claimed, at work, ended in every way, cancelled, tried again."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ploeg.control import sweep
from ploeg.control.questions import questions
from ploeg.control.queue import submit
from ploeg.control.queue.submit import Wish
from ploeg.control.sprints import run_state
from ploeg.control.work import calls, cancel
from ploeg.domain.quota import JITTER_MAX
from ploeg.wire.work import ToolCall
from tests.control.house import Hand
from tests.model.pair import MANY, Pair, pick
from tests.model.world import UNFINISHED

OUTCOMES = st.sampled_from(
    [
        *("skipped", "done", "reported_failed", "gate_refused", "push_conflict", "push_conflict", "no_report"),
        *("agent_crashed", "workspace_failed", "quota_exhausted", "worker_stopped", "waiting"),
    ]
)
LEASE = timedelta(seconds=300)


class Working(Pair):
    #: The worker that asks for jobs.
    hand: Hand | None = None

    @precondition(lambda self: self.world.tasks)
    @rule(n=MANY, rank=st.sampled_from([0, 0, -1, 1]))
    def run_task(self, n: int, rank: int) -> None:
        task = pick(self.world.tasks, n)
        wrong = not self.world.may_queue(task)
        if not self.refused(wrong, submit.run_task, self.house.installation, task, Wish(rank=rank)):
            self._know_newest(task)

    @rule()
    def claim_again(self) -> None:
        self.claim()

    @precondition(lambda self: self.held)
    @rule(n=MANY)
    def finish(self, n: int) -> None:
        """What most attempts come to."""
        self._end(pick(self.held, n), "done")

    @rule()
    def claim(self) -> None:
        expected = self.world.first_eligible()
        hand = self.hand = self.hand or self.house.hand(f"w{Pair.steps}")
        got = hand.claim()
        given = got.job_id if got else None
        assert given == expected, f"claimed {given}, expected {expected}"
        if got is not None:
            self.held[got.job_id] = (hand, got)
            self.world.claim(got.job_id, LEASE)

    @precondition(lambda self: self._claimed())
    @rule(n=MANY)
    def start(self, n: int) -> None:
        key = self._claimed()[n % len(self._claimed())]
        hand, assignment = self.held[key]
        reply = hand.beat(assignment, agent_started=True)
        job = self.world.jobs[key]
        assert (reply.order == "cancel") == job.called_off
        job.status, job.lease_until = "running", self.world.now + LEASE

    @precondition(lambda self: self.held)
    @rule(n=MANY, outcome=OUTCOMES)
    def end(self, n: int, outcome: str) -> None:
        key = pick(self.held, n)
        self._end(key, "no_report" if outcome == "waiting" and key not in self.questions else outcome)

    def _end(self, key: str, outcome: str) -> None:
        hand, assignment = self.held.pop(key)
        reset = self.world.now + timedelta(minutes=30)
        if outcome == "done":
            hand.done(assignment)
        elif outcome == "quota_exhausted":
            hand.finish(assignment, outcome, reset_at=reset)
            self.hand = None  # its runtime stands by, and the next one's does not
            reset = self._a_little_behind(reset, key)
        else:
            hand.finish(assignment, outcome, reason="a reason")
        self.world.end(key, outcome, reset)
        self._take_over_backoff(key, outcome)

    @precondition(lambda self: self.world.jobs)
    @rule(n=MANY)
    def cancel_job(self, n: int) -> None:
        waiting = [key for key, job in self.world.jobs.items() if job.status == "waiting"]
        key = waiting[0] if waiting and n % 2 else pick(self.world.jobs, n)
        ended = self.world.jobs[key].status not in UNFINISHED
        if not self.refused(ended, cancel.cancel, key):
            self.world.cancel(key)

    @precondition(lambda self: self._talking())
    @rule(n=MANY)
    def talk_again(self, n: int) -> None:
        self.talk(n)

    @precondition(lambda self: self._talking())
    @rule(n=MANY)
    def talk(self, n: int) -> None:
        """An agent asks, its job is parked, somebody answers; an answer may come before the parking."""
        key = self._talking()[n % len(self._talking())]
        job = self.world.jobs[key]
        if not job.asked:
            self._ask(key)
        elif key in self.held and n % 3:
            hand, assignment = self.held.pop(key)
            hand.finish(assignment, "waiting", reason="a question")
            self.world.end(key, "waiting")
        else:
            self.write(questions.answer, self.questions[key], "Go on.")
            self.world.answer(key)

    def _ask(self, key: str) -> None:
        hand, assignment = self.held[key]
        task = self.world.tasks[self.world.jobs[key].task]
        arguments = {"story_id": task.story, "question": f"What now, {Pair.steps}?"}
        call = ToolCall(call_id=f"c{Pair.steps}", tool="ask_user_question", arguments=arguments)
        reply = self.house.write(calls.call, hand.actor, self.house.installation, assignment.attempt_id, call)
        assert reply.result is not None, reply.error
        self.questions[key] = reply.result["id"]
        self.world.jobs[key].asked = True

    @rule(minutes=st.sampled_from([1, 4, 45]))
    def time_passes(self, minutes: int) -> None:
        """The server's sweep looks at what has become due."""
        now = self.house.clock.turn(minutes=minutes)
        self.house.write(sweep.reap)
        self.house.write(run_state.lift)
        self.world.pass_time(timedelta(minutes=minutes))
        lost = [key for key, job in self.world.jobs.items() if job.lease_until is not None and job.lease_until <= now]
        for key in lost:
            del self.held[key]
            self.world.end(key, "worker_lost")
            self._take_over_backoff(key, "worker_lost")

    @precondition(lambda self: any(job.status == "waiting" for job in self.world.jobs.values()))
    @rule()
    def nobody_answers(self) -> None:
        self.time_passes(25 * 60)
        self.house.write(questions.expire)
        self.world.give_up_waiting()

    @precondition(lambda self: self.world.jobs)
    @rule(n=MANY)
    def retry(self, n: int) -> None:
        key = pick(self.world.jobs, n)
        old = self.world.jobs[key]
        wrong = old.status in UNFINISHED or not self.world.may_queue(old.task)
        if self.refused(wrong, submit.retry, self.house.installation, key, Wish()):
            return
        old.retried = True
        self._know_newest(old.task)
        self.world.settle()

    def _take_over_backoff(self, key: str, outcome: str) -> None:
        """How long a job waits is left to chance, within bounds."""
        if outcome in {"agent_crashed", "workspace_failed", "worker_lost"}:
            not_before = self.house.read(lambda tx: tx.jobs.get(key)).not_before  # type: ignore[arg-type, union-attr]
            job = self.world.jobs[key]
            if job.status == "queued":
                assert not_before is not None
                assert timedelta(seconds=5) <= not_before - self.world.now <= timedelta(minutes=5)
                job.not_before = not_before

    def _a_little_behind(self, reset: datetime, key: str) -> datetime:
        """When a job that met a wall may go on is left to chance, but not before the reset."""
        not_before = self.house.read(lambda tx: tx.jobs.get(key)).not_before  # type: ignore[arg-type, union-attr]
        if not_before is None:
            return reset
        assert reset <= not_before <= reset + JITTER_MAX
        return not_before

    def _claimed(self) -> list[str]:
        return [key for key in self.held if self.world.jobs[key].status == "claimed"]

    def _talking(self) -> list[str]:
        return [key for key, job in self.world.jobs.items() if key in self.held or job.asked]

    def _know_newest(self, task: str) -> None:
        job = self.house.read(lambda tx: tx.jobs.unfinished_for_task(task))  # type: ignore[arg-type]
        assert job is not None
        self.know_job(job.id)
