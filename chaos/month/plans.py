"""What each job of the month will meet, drawn beforehand, and what must have become of it in the end."""

from __future__ import annotations

import random
from dataclasses import dataclass

#: What the model has the agent do at each attempt that reaches it; the last one again for any further.
SCRIPTS: dict[str, tuple[str, ...]] = {
    "work": ("work",),
    "crash once": ("crash", "work"),
    "crash always": ("crash",),
    "overload once": ("overloaded", "work"),
    "forget once": ("forget", "work"),
    "forget always": ("forget",),
    "hang": ("hang",),
    "nothing done": ("empty",),
    "give up": ("fail",),
    "cancelled": ("hang",),
}
#: How its attempts end, besides those that met a wall or an expired sign-in; the job's status is that of the last.
ENDINGS: dict[str, tuple[str, ...]] = {
    "work": ("done",),
    "crash once": ("agent_crashed", "done"),
    "crash always": ("agent_crashed", "agent_crashed", "agent_crashed"),
    "overload once": ("agent_crashed", "done"),
    "forget once": ("no_report", "done"),
    "forget always": ("no_report", "no_report"),
    "hang": ("silent",),
    "nothing done": ("gate_refused",),
    "give up": ("reported_failed",),
    "cancelled": ("cancelled",),
}
#: Out of a hundred.
SHARES = {
    "work": 74,
    "crash once": 5,
    "crash always": 2,
    "overload once": 5,
    "forget once": 3,
    "forget always": 1,
    "hang": 4,
    "nothing done": 2,
    "give up": 2,
    "cancelled": 2,
}
#: These cost no attempt, however often.
FREE = ("quota_exhausted", "auth_expired")


@dataclass
class Plan:
    """One job's part in the month."""

    name: str
    #: When it is asked for, in seconds after the beginning.
    at: float
    number: int
    #: Attempts of it that reached the model and were not refused there.
    reached: int = 0

    @property
    def title(self) -> str:
        return f"Errand {self.number:05d}"

    @property
    def status(self) -> str:
        last = ENDINGS[self.name][-1]
        return last if last in {"done", "cancelled"} else "failed"

    def next_step(self) -> str:
        script = SCRIPTS[self.name]
        step = script[min(self.reached, len(script) - 1)]
        self.reached += 1
        return step


def draw(number: int, days: float, chance: random.Random) -> list[Plan]:
    """Most are asked for in the evening, in one go, the rest over the day."""
    names = chance.choices(list(SHARES), list(SHARES.values()), k=number)
    plans = []
    for name in names:
        day = chance.randrange(max(int(days), 1)) * 86_400.0
        hour = chance.gauss(21, 0.3) if chance.random() < 0.7 else chance.uniform(7, 23)
        plans.append(Plan(name, min(day + hour * 3600, days * 86_400 - 1), 0))
    plans.sort(key=lambda plan: plan.at)
    for count, plan in enumerate(plans, 1):
        plan.number = count
    return plans
