"""What a tool of the agents is: constant text, checked arguments, a structured result, and who carries it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from ploeg.domain.errors import Invalid


class Side(StrEnum):
    """Who carries a tool out: the worker needs the workspace for it, the server needs the database."""

    WORKER = "worker"
    SERVER = "server"


class Arguments(BaseModel):
    """What an agent gives to a tool. An argument that the tool does not take is refused: a typo is not silent."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Result(BaseModel):
    """What a tool gives back, as structured content."""

    model_config = ConfigDict(frozen=True)


Reference = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool, as every agent sees it."""

    name: str
    #: Written for the agent; a constant, never text from a backlog or a repository.
    description: str
    arguments: type[Arguments]
    result: type[Result]
    side: Side
    #: Offered to people's own agents on the server's `/mcp`. Which attempts may call it stands in `domain/kinds.py`.
    people: bool = False
    #: False: it changes nothing, and viewers and the demo account may call it.
    writes: bool = True

    def check(self, arguments: Mapping[str, Any]) -> Arguments:
        """The arguments as their model; `Invalid` names the first field that cannot be used."""
        try:
            return self.arguments.model_validate(dict(arguments))
        except ValidationError as error:
            raise self._explained(error.errors(include_url=False)[0]) from None

    def _explained(self, detail: ErrorDetails) -> Invalid:
        field = ".".join(str(part) for part in detail["loc"]) or "arguments"
        if detail["type"] == "extra_forbidden":
            return Invalid(field, detail["input"], f"{self.name} takes {', '.join(self.arguments.model_fields)}")
        if detail["type"] == "missing":
            return Invalid(field, None, f"{self.name} needs it")
        message = detail["msg"].removeprefix("Value error, ")
        return Invalid(field, detail["input"], message[:1].lower() + message[1:])
