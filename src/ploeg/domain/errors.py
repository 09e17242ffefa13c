"""Everything that Ploeg refuses, in one tree.

PloegError
├── Invalid             a field's value cannot be used; says which, and what would do
├── NotFound            not there, or not yours: the two answer alike
├── Unauthenticated     no token, or one that is unknown, expired or revoked
├── Denied              the caller is known, but may not do this
├── Conflict            the request is sound, the state of things forbids it
│   ├── IllegalTransition
│   └── Superseded      an attempt speaks that no longer owns its job
└── Unavailable         a part that Ploeg leans on does not answer; try again
"""

from __future__ import annotations


class PloegError(Exception):
    """The base of every refusal; its text is fit to show to a person."""


class Invalid(PloegError):
    """A value that cannot be used."""

    def __init__(self, field: str, value: object, remedy: str) -> None:
        self.field = field
        self.value = value
        self.remedy = remedy
        super().__init__(f"{field}: {_short(value)} cannot be used; {remedy}")


class NotFound(PloegError):
    """Nothing of that kind has that name, or the caller may not know of it."""

    def __init__(self, kind: str, reference: str) -> None:
        self.kind = kind
        self.reference = reference
        super().__init__(f"{kind} {_short(reference)} was not found, or is not yours to see")


class Unauthenticated(PloegError):
    """The request carries no token that opens this door."""


class Denied(PloegError):
    """The caller may not do this."""


class Conflict(PloegError):
    """The state of things forbids what was asked."""


class IllegalTransition(Conflict):
    """A job cannot go from its status to the one asked for."""

    def __init__(self, subject: str, current: str, wanted: str) -> None:
        self.subject = subject
        self.current = current
        self.wanted = wanted
        super().__init__(f"{subject} is {current} and cannot become {wanted}")


class Superseded(Conflict):
    """The attempt no longer owns its job: its lease ended, or it was finished before."""

    def __init__(self, attempt_id: str, why: str) -> None:
        self.attempt_id = attempt_id
        super().__init__(f"attempt {attempt_id} no longer owns its job: {why}")


class Unavailable(PloegError):
    """A part that Ploeg leans on does not answer; the same request may succeed later."""


def _short(value: object) -> str:
    text = repr(value) if not isinstance(value, str) else f"«{value}»"
    return text if len(text) <= 120 else f"{text[:117]}…"
