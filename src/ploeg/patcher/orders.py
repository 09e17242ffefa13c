"""What a patcher is to do: a JSON file beneath HOME, which only its owner may read, since it holds a token."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    plan: str
    url: str
    token: str
    job_id: str
    #: None: the job is about something else than one task.
    task_id: str | None
    story_id: str | None
    #: What a commit's title begins with.
    story_code: str | None
    #: A commit's title where the plan has no heading.
    task_title: str
    session_id: str
    #: Seconds that one call of a tool may take.
    call_limit: float

    @classmethod
    def read(cls, path: Path) -> Orders:
        """Raises `ValueError` for a file that cannot be read, in words for people."""
        try:
            return cls(**json.loads(path.read_text("utf-8")))
        except (OSError, TypeError, ValueError) as error:
            raise ValueError(f"{path} holds no orders: {error}") from None
