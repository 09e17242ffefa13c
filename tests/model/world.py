"""What planning has to do, written down a second time: small, slow, and without a line of the product.

Everything is looked at as a whole after each step, where the product follows single changes upwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from tests.model.things import Job, Pbi, Run, Sprint, Story, Task

UNFINISHED = {"queued", "claimed", "running", "waiting"}
HELD = {"claimed", "running"}
UNENDED = {"QUEUED", "RUNNING", "PAUSED"}
HANDLED = {"DONE", "EXCLUDED"}
#: Ends after which the job fails, whatever was before.
FAILING = {"reported_failed", "gate_refused", "timed_out", "over_budget", "push_conflict"}
#: Ends that count, and are tried three times.
PASSING = {"agent_crashed", "workspace_failed", "worker_lost"}
LIFTED_BY_PEOPLE = {"MANUAL", "MERGE_CONFLICT"}


class World:
    def __init__(self, now: datetime) -> None:
        self.now = now
        self.pbis: dict[str, Pbi] = {}
        self.stories: dict[str, Story] = {}
        self.tasks: dict[str, Task] = {}
        self.sprints: dict[str, Sprint] = {}
        self.runs: dict[str, Run] = {}
        self.jobs: dict[str, Job] = {}

    # What there is to be seen

    def first_eligible(self) -> str | None:
        fit = [(job.rank, job.number, key) for key, job in self.jobs.items() if self.eligible(job)]
        return min(fit)[2] if fit else None

    def eligible(self, job: Job) -> bool:
        if job.status != "queued" or job.called_off:
            return False
        if job.not_before is not None and job.not_before > self.now:
            return False
        if job.run is not None and self.runs[job.run].status not in {"QUEUED", "RUNNING"}:
            return False
        if any(self.tasks[first].status not in HANDLED for first in self.tasks[job.task].needs):
            return False
        lane = [other for other in self.jobs.values() if other.lane == job.lane and other is not job]
        if any(other.status in HELD for other in lane):
            return False
        return not any(other.status in UNFINISHED and other.sequence < job.sequence for other in lane)

    def unfinished_job(self, task: str) -> Job | None:
        return next((job for job in self.jobs.values() if job.task == task and job.status in UNFINISHED), None)

    def may_queue(self, task: str) -> bool:
        return self.tasks[task].status not in HANDLED and self.unfinished_job(task) is None

    def closes_a_circle(self, task: str, first: str) -> bool:
        """Whether `first` waits for `task` already: by what it needs, or by its place in the queue."""
        ahead, seen = [first], {first}
        while ahead:
            for other in self._before(ahead.pop()) - seen:
                seen.add(other)
                ahead.append(other)
        return task in seen

    def _before(self, task: str) -> set[str]:
        job = self.unfinished_job(task)
        if job is None:
            return set(self.tasks[task].needs)
        lane = [other for other in self.jobs.values() if other.lane == job.lane and other.status in UNFINISHED]
        return self.tasks[task].needs | {other.task for other in lane if other.sequence < job.sequence}

    def unended_run(self, sprint: str) -> tuple[str, Run] | None:
        return next(((key, run) for key, run in self._runs(sprint) if run.status in UNENDED), None)

    def last_run(self, sprint: str) -> Run | None:
        return next((run for _, run in reversed(self._runs(sprint))), None)

    def _runs(self, sprint: str) -> list[tuple[str, Run]]:
        return [(key, run) for key, run in self.runs.items() if run.sprint == sprint]

    def blocked(self, sprint: str) -> bool:
        """Whether something keeps a run of it from starting."""
        stories = {key: story for key, story in self.stories.items() if story.sprint == sprint}
        open_ = {key: story for key, story in stories.items() if story.status != "DONE"}
        tasks = {key: task for key, task in self.tasks.items() if task.story in open_ and task.status == "TO_DO"}
        needs = {first for task in tasks.values() for first in task.needs} - set(tasks)
        return (
            self.sprints[sprint].status != "OPEN"
            or self.unended_run(sprint) is not None
            or not tasks
            or any(self.pbis[story.pbi].status in {"BLOCKED", "FAILED"} for story in open_.values())
            or any(job.asked for job in self.jobs.values() if self.tasks[job.task].story in open_)
            or any(self.unfinished_job(task) is not None for task in tasks)
            or any(self.tasks[first].status not in HANDLED for first in needs)
        )

    # What can happen

    def claim(self, key: str, lease: timedelta) -> None:
        job = self.jobs[key]
        job.status, job.not_before, job.quota = "claimed", None, False
        job.lease_until = self.now + lease
        self.tasks[job.task].status = "IN_PROGRESS"
        if job.run is not None:
            self.runs[job.run].status, self.runs[job.run].pause = "RUNNING", None
        self.settle()

    def end(self, key: str, outcome: str, reset: datetime | None = None) -> None:
        job = self.jobs[key]
        job.lease_until = None
        if outcome in {"done", "skipped"}:
            job.status = outcome
        elif outcome in FAILING:
            job.status, job.conflict = "failed", outcome == "push_conflict"
        elif outcome in PASSING:
            job.counted += 1
            job.status = "failed" if job.counted >= 3 else "queued"
        elif outcome == "no_report":
            job.counted += 1
            job.status = "failed" if job.reminded else "queued"
            job.reminded = True
        elif outcome == "quota_exhausted":
            job.status, job.not_before, job.quota = "queued", reset, True
        elif outcome == "worker_stopped":
            job.status = "queued"
        elif outcome == "waiting":
            job.status = "waiting" if job.asked else "queued"
        else:
            raise AssertionError(outcome)
        if job.called_off and job.status in {"queued", "waiting"}:
            job.status = "cancelled"
        self._after(job)

    def cancel(self, key: str) -> None:
        job = self.jobs[key]
        if job.status in HELD:
            job.called_off = True
        else:
            job.status = "cancelled"
            self._after(job)

    def call_off(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            if job.status in HELD:
                job.called_off = True
            elif job.status in UNFINISHED:
                job.status = "cancelled"
                self._back_to_do(job)

    def cancel_run(self, key: str) -> None:
        self.runs[key].status = "CANCELLED"
        self.call_off([job for job in self.jobs.values() if job.run == key])
        self.settle()

    def to_do_again(self, sprint: str) -> None:
        for task in self.tasks.values():
            if self.stories[task.story].sprint == sprint and task.status == "FAILED":
                task.status = "TO_DO"
        self.settle()

    def answer(self, key: str) -> None:
        job = self.jobs[key]
        job.asked = False
        if job.status == "waiting":
            job.status = "queued"
            run = self.runs.get(job.run or "")
            if run is not None and run.pause is not None and run.pause[0] == "QUESTION":
                run.status, run.pause = "RUNNING", None
        self.settle()

    def give_up_waiting(self) -> None:
        """The deadlines of all questions have passed, by a policy that fails who waits for them."""
        for job in list(self.jobs.values()):
            waited, job.asked = job.asked and job.status == "waiting", False
            if waited:
                job.status, job.conflict = "failed", False
                self._after(job)

    def pass_time(self, by: timedelta) -> None:
        """The clock turns, and the sweep looks."""
        self.now += by
        for run in self.runs.values():
            opens = run.pause[1] if run.pause is not None else None
            if run.status == "PAUSED" and opens is not None and opens <= self.now:
                run.status, run.pause = "RUNNING", None

    def _after(self, job: Job) -> None:
        """What an ended attempt or a cancelled job does to its task, its backlog item's other jobs, and its run."""
        task = self.tasks[job.task]
        if job.status == "done":
            task.status = "DONE"
        elif job.status == "failed" and not (job.run is not None and job.conflict):
            task.status = "FAILED"
        elif job.status in {"failed", "skipped", "cancelled"}:
            self._back_to_do(job)
        if job.status == "failed" and job.run is not None and not job.conflict:
            pbi = self.stories[task.story].pbi
            same = [other for other in self.jobs.values() if self.stories[self.tasks[other.task].story].pbi == pbi]
            self.call_off(other for other in same if other is not job and other.run is not None)
        self._pause(job)
        self.settle()

    def _back_to_do(self, job: Job) -> None:
        if self.tasks[job.task].status == "IN_PROGRESS":
            self.tasks[job.task].status = "TO_DO"

    def _pause(self, job: Job) -> None:
        run = self.runs.get(job.run or "")
        if run is None or run.status not in UNENDED:
            return
        pause: tuple[str, datetime | None] | None = None
        if job.status == "failed" and job.conflict:
            pause = ("MERGE_CONFLICT", None)
        elif run.strategy != "STORY" and job.status == "waiting":
            pause = ("QUESTION", None)
        elif run.strategy != "STORY" and job.status == "queued" and job.quota:
            pause = ("QUOTA_DEPLETED", job.not_before)
        by_people = run.pause is not None and run.pause[0] in LIFTED_BY_PEOPLE
        if pause is not None and (not by_people or pause[0] == "MERGE_CONFLICT"):
            run.status, run.pause, run.held_by = "PAUSED", pause, job.task
        elif run.pause is not None and run.pause[0] in {"QUESTION", "QUOTA_DEPLETED"} and run.held_by == job.task:
            run.status, run.pause = "RUNNING", None

    # What follows from the state of things

    def settle(self) -> None:
        """Until nothing changes any more."""
        for job in self.jobs.values():
            job.asked = job.asked and job.status in UNFINISHED
        for _ in range(20):
            before = self.seen()
            self._roll_up()
            for key, run in self.runs.items():
                if run.status in UNENDED:
                    self._end(key, run)
            if self.seen() == before:
                return
        raise AssertionError("the model itself does not settle")

    def _roll_up(self) -> None:
        for key, story in self.stories.items():
            story.status = self._story_status(key, story)
        for key, pbi in self.pbis.items():
            if pbi.blocked:
                pbi.status = "BLOCKED"
                continue
            below = [story.status for story in self.stories.values() if story.pbi == key]
            all_done = bool(below) and set(below) == {"DONE"}
            pbi.status = "FAILED" if "FAILED" in below else "DONE" if all_done else "READY"
        for key, sprint in self.sprints.items():
            stories = [story for story in self.stories.values() if story.sprint == key]
            if not stories:
                continue
            below = [story.status for story in stories]
            failed = "FAILED" in below or any(self.pbis[story.pbi].status == "FAILED" for story in stories)
            sprint.status = "CLOSED" if set(below) == {"DONE"} else "FAILED" if failed else "OPEN"

    def _story_status(self, key: str, story: Story) -> str:
        below = [task.status for task in self.tasks.values() if task.story == key]
        if "FAILED" in below:
            return "FAILED"
        if "DONE" in below and set(below) <= HANDLED:
            return "DONE"
        return "IN_SPRINT" if story.sprint is not None else "OPEN"

    def _end(self, key: str, run: Run) -> None:
        jobs = [job for job in self.jobs.values() if job.run == key and not job.retried]
        failed = any(job.status == "failed" and not job.conflict for job in jobs)
        if failed or self.sprints[run.sprint].status == "FAILED":
            run.status = "FAILED"
        elif any(job.status in UNFINISHED for job in jobs) or (
            run.status == "PAUSED" and any(self._waits_for_people(job) for job in jobs)
        ):
            return
        else:
            run.status = "CANCELLED" if any(job.status == "cancelled" for job in jobs) else "DONE"
        self.call_off([job for job in self.jobs.values() if job.run == key])

    def _waits_for_people(self, job: Job) -> bool:
        return job.status == "failed" and job.conflict and self.tasks[job.task].status not in HANDLED

    def seen(self) -> dict[str, str]:
        """The status of everything, by id."""
        families = (self.pbis, self.stories, self.tasks, self.sprints, self.runs, self.jobs)
        return {key: item.status for family in families for key, item in family.items()}  # type: ignore[attr-defined]
