"""Column types: what a record's field is in Python, and how both databases keep it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import IntEnum, StrEnum
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import JSON, Boolean, Date, DateTime, Dialect, Double, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

from ploeg.domain.errors import Invalid

E = TypeVar("E", bound=StrEnum)
N = TypeVar("N", bound=IntEnum)

_ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class Utc(TypeDecorator[datetime]):
    """A moment. SQLite keeps text of one width, so that it sorts by time; PostgreSQL keeps timestamptz."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=True) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        moment = value.astimezone(UTC)
        if dialect.name == "postgresql":
            return moment
        return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if isinstance(value, datetime) else datetime.fromisoformat(value)


class Prose(TypeDecorator[str]):
    """Text. A NUL is refused on both databases, since PostgreSQL cannot keep it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is not None and "\0" in value:
            raise Invalid("text", value, "leave out the NUL characters")
        return value


class Word(TypeDecorator[E], Generic[E]):
    """A member of a `StrEnum`, kept as its value."""

    impl = Text
    cache_ok = True

    def __init__(self, members: type[E]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        return None if value is None else self.members(value)


class Grade(TypeDecorator[N], Generic[N]):
    """A member of an `IntEnum`, kept as its number."""

    impl = Integer
    cache_ok = True

    def __init__(self, members: type[N]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: N | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> N | None:
        return None if value is None else self.members(value)


class Document(TypeDecorator[Any]):
    """A value of any type that msgspec knows, kept as JSON: text in SQLite, jsonb in PostgreSQL.

    Keys that the type does not have are passed over, so that a newer version's document can still be read.
    """

    impl = JSON
    cache_ok = True

    def __init__(self, shape: Any) -> None:
        super().__init__(none_as_null=True)
        self.shape = shape

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind = JSONB if dialect.name == "postgresql" else JSON
        return dialect.type_descriptor(kind(none_as_null=True))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else msgspec.to_builtins(value, order="deterministic")

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else msgspec.convert(value, self.shape)


def reader(kind: TypeEngine[Any], dialect: str) -> Callable[[Any], Any] | None:
    """What makes a value of a cell that is not null, as the driver gives it, without SQLAlchemy's own steps."""
    plain = dialect == "sqlite"
    if isinstance(kind, Utc):
        return datetime.fromisoformat if plain else lambda moment: moment.astimezone(UTC)
    if isinstance(kind, Document):
        return msgspec.json.Decoder(kind.shape).decode if plain else lambda value: msgspec.convert(value, kind.shape)
    if isinstance(kind, Word | Grade):
        return {member.value: member for member in kind.members}.__getitem__
    if isinstance(kind, Boolean):
        return bool if plain else None
    if isinstance(kind, Date):
        return date.fromisoformat if plain else None
    if not isinstance(kind, Prose | Integer | Double):
        raise NotImplementedError(f"how the driver gives a {kind!r} is not known here")
    return None


def to_json(value: Any) -> str:
    """JSON that both databases accept: `Invalid` for NUL characters and for halves of surrogate pairs."""
    try:
        text = msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        raise Invalid("text", "…", "leave out what is not Unicode text") from None
    if "\\u0000" in text and _ESCAPED_NUL.search(text):
        raise Invalid("text", text, "leave out the NUL characters")
    return text


def from_json(text: str | bytes) -> Any:
    return msgspec.json.decode(text)
