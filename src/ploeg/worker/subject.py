"""Which job and attempt the code that runs now is about, for everything that it logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from ploeg.wire.assignment import Assignment

_subject: ContextVar[Mapping[str, str]] = ContextVar("subject")


@contextmanager
def about(assignment: Assignment) -> Iterator[None]:
    """What is done within, and by the tasks and threads begun within, is about that attempt."""
    told = _subject.set({"job": assignment.job_code, "attempt": assignment.attempt_id})
    try:
        yield
    finally:
        _subject.reset(told)


def subject() -> Mapping[str, str]:
    """`job` and `attempt`, or nothing where it is about none."""
    return _subject.get({})
