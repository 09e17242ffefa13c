"""Sprints: planned, started, paused, called off, resumed."""

from __future__ import annotations

from copy import deepcopy

from hypothesis import strategies as st
from hypothesis.stateful import rule

from ploeg.control.sprints import sprint_runs, sprints
from tests.model.pair import MANY, Pair, pick
from tests.model.things import Run, Sprint
from tests.model.world import UNFINISHED

STEPS = ("start", "start", "resume", "resume", "start", "plan", "plan", "resume", "add", "unplan", "pause", "call_off")


class Sprinting(Pair):
    @rule(n=MANY, m=MANY)
    def start_a_run(self, n: int, m: int) -> None:
        self._start(pick(self.world.sprints, n), m)

    @rule(n=MANY, m=MANY, what=st.sampled_from(STEPS))
    def sprint(self, n: int, m: int, what: str) -> None:
        if what == "add" and len(self.world.sprints) < 3:
            self.add_sprint()
        elif what != "add":
            getattr(self, f"_{what}" if what != "plan" else "plan_story")(pick(self.world.sprints, n), m)

    def plan_story(self, sprint: str, m: int) -> None:
        world, story = self.world, pick(self.world.stories, m)
        planned = world.stories[story].sprint
        elsewhere = planned not in {None, sprint} and world.sprints[planned or ""].status == "OPEN"
        wrong = elsewhere or world.sprints[sprint].status != "OPEN"
        if not wrong:
            tried = deepcopy(world)
            tried.stories[story].sprint = sprint
            tried.settle()
            wrong = tried.sprints[sprint].status != "OPEN"
        if not self.refused(wrong, sprints.plan, sprint, [story]):
            self.world = tried

    def _unplan(self, sprint: str, m: int) -> None:
        world, story = self.world, pick(self.world.stories, m)
        inside = world.stories[story].sprint == sprint
        run = world.unended_run(sprint)
        mine = [job for job in world.jobs.values() if run is not None and job.run == run[0]]
        held = any(job.status in UNFINISHED and world.tasks[job.task].story == story for job in mine)
        if not self.refused(inside and held, sprints.unplan, sprint, story) and inside:
            world.stories[story].sprint = None
            world.settle()

    def _start(self, sprint: str, m: int) -> None:
        strategy = ("STORY", "SPRINT")[m % 2]
        blocked = self.world.blocked(sprint)
        if not self.refused(blocked, sprint_runs.start, self.house.installation, sprint, strategy):
            self._know_run(sprint, strategy)

    def _pause(self, sprint: str, m: int) -> None:
        run = self.world.unended_run(sprint)
        if not self.refused(run is None, sprint_runs.pause, sprint) and run is not None:
            run[1].status, run[1].pause = "PAUSED", ("MANUAL", None)

    def _call_off(self, sprint: str, m: int) -> None:
        run = self.world.unended_run(sprint)
        if not self.refused(run is None, sprint_runs.cancel, sprint) and run is not None:
            self.world.cancel_run(run[0])

    def _resume(self, sprint: str, m: int) -> None:
        run = self.world.unended_run(sprint)
        if run is not None:
            self._lift(sprint, *run)
            return
        last = self.world.last_run(sprint)
        tried = deepcopy(self.world)
        wrong = last is None or last.status == "DONE"
        if not wrong:
            tried.to_do_again(sprint)
            wrong = tried.blocked(sprint)
        if not self.refused(wrong, sprint_runs.resume, self.house.installation, sprint) and last is not None:
            self.world = tried
            self._know_run(sprint, last.strategy)

    def _lift(self, sprint: str, key: str, run: Run) -> None:
        jobs = {job_key: job for job_key, job in self.world.jobs.items() if job.run == key}
        asked = run.strategy != "STORY" and any(job.status == "waiting" and job.asked for job in jobs.values())
        wrong = run.pause is None or asked
        if self.refused(wrong, sprint_runs.resume, self.house.installation, sprint):
            return
        run.status, run.pause = "RUNNING", None
        for job in jobs.values():
            if job.quota:
                job.not_before, job.quota = None, False
            if job.conflict and not job.retried:
                job.retried = self.world.tasks[job.task].status == "TO_DO"
        for job in self.house.read(lambda tx: tx.jobs.of_run(key)):  # type: ignore[arg-type]
            if job.id not in jobs:
                self.know_job(job.id)
        self.world.settle()

    def _know_run(self, sprint: str, strategy: str) -> None:
        run = self.house.read(lambda tx: tx.sprints.unended_run(sprint))  # type: ignore[arg-type]
        assert run is not None
        self.world.runs[run.id] = Run(sprint, strategy)
        for job in self.house.read(lambda tx: tx.jobs.of_run(run.id)):
            self.know_job(job.id)
        self.world.settle()

    def add_sprint(self) -> str:
        sprint = self.write(sprints.add, self.product, "A goal", None, {}).id
        self.world.sprints[sprint] = Sprint()
        return str(sprint)
