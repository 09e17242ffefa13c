"""What a database's driver says, folded into the domain's few words."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.exc import StatementError, TimeoutError

from ploeg.domain.errors import Conflict, Invalid, PloegError, Unavailable

#: A unique constraint, as SQLite names it (its columns) and as PostgreSQL does, and what breaking it means.
_TAKEN: Final = (
    ("users.username", "uq_users_username", "a user with that name exists"),
    ("products.code", "uq_products_code", "a product with that code exists"),
    ("jobs.requested_by, jobs.request_key", "uq_jobs_requested_by_request_key", "that request was made before"),
    ("jobs.lane", "uq_jobs_active_lane", "another job of that lane is under way"),
    (
        "product_docs.product_id, product_docs.folder, product_docs.slug",
        "uq_product_docs_product_id_folder_slug",
        "that folder has a doc of that slug",
    ),
    ("sprints.product_id, sprints.code", "uq_sprints_product_id_code", "the product has a sprint with that code"),
    ("sprint_runs.sprint_id", "uq_sprint_runs_unended", "the sprint has a run that has not ended"),
    ("attempts.job_id", "uq_attempts_active_job", "that job has a live attempt"),
    ("attempts.worker_id, attempts.claim_key", "uq_attempts_claim_key", "that claim was made before"),
)
#: PostgreSQL's serialization failure, deadlock and unique violation.
_RACES: Final = frozenset({"40001", "40P01", "23505"})
#: SQLite's own: a mistake in a statement; a file that is damaged; a file that never was a database.
_SQLITE_ERROR: Final = 1
_SQLITE_DAMAGED: Final = frozenset({11, 26})


class RaceLost(Exception):
    """Two transactions wanted the same; this one has to start over, and will then see what the other did."""


class Translating:
    """A context that lets errors out as `translated`. Not a generator: `contextlib` would let StopIteration through."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and (told := translated(error)) is not error:
            raise told from error


def translated(error: BaseException) -> BaseException:
    """The same refusal as a `PloegError`, where it is one; a mistake in the program stays what it is.

    The text never holds a statement or its values.
    """
    told = _told(_cause(error))
    if told is None:
        return error
    if told is not error:
        told.__cause__ = error
    return told


def lost_a_race(error: BaseException) -> bool:
    """The same verb may succeed when it is run again from its beginning."""
    cause = _cause(error)
    return isinstance(cause, RaceLost) or getattr(cause, "sqlstate", None) in _RACES


def lost_its_connection(error: BaseException) -> bool:
    return bool(getattr(error, "connection_invalidated", False))


def _told(cause: BaseException) -> BaseException | None:
    kinds = _kinds(cause)
    if isinstance(cause, PloegError):
        return cause
    if isinstance(cause, StopIteration):
        return RuntimeError("StopIteration came out of a verb")  # a future cannot carry it, and would never answer
    if isinstance(cause, UnicodeEncodeError | OverflowError) or "DataError" in kinds:
        return Invalid("value", "…", f"the database cannot keep it: {_first_line(cause)}")
    if "IntegrityError" in kinds:
        return Conflict(_broken_rule(cause))
    if isinstance(cause, RaceLost | TimeoutError):
        return Unavailable("the database is too busy; try again")
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    silent = "InterfaceError" in kinds or ("OperationalError" in kinds and code != _SQLITE_ERROR)
    if silent or code in _SQLITE_DAMAGED:
        return Unavailable(f"the database does not answer: {_first_line(cause)}")
    return None


def _cause(error: BaseException) -> BaseException:
    if isinstance(error, StatementError) and error.orig is not None:
        return error.orig
    return error


def _kinds(error: BaseException) -> set[str]:
    """The names of its classes: PEP 249 gives each driver its own, under the same names."""
    return {kind.__name__ for kind in type(error).__mro__}


def _broken_rule(error: Any) -> str:
    name = getattr(getattr(error, "diag", None), "constraint_name", None)
    said = str(error).partition("constraint failed: ")[2]
    for columns, constraint, meaning in _TAKEN:
        if name == constraint or said == columns:
            return meaning
    if "foreign key" in str(error).lower():
        return "something that it belongs to does not exist"
    return f"it is there already ({name or said})"


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
