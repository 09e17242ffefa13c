"""What all messages of the API have in common."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")

#: A number that every database and JSON reader can hold exactly.
Whole = Annotated[int, Field(ge=-(2**53) + 1, le=2**53 - 1)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Request(BaseModel):
    """An unknown field is refused: a typing mistake is not silent."""

    model_config = ConfigDict(extra="forbid")


class Reply(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Items(Reply, Generic[T]):
    items: list[T]
