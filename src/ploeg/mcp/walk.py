"""The prompt `implement_next_story`: a person and their own agent walk through the next story together."""

from __future__ import annotations

from collections.abc import Mapping

from ploeg.control import find
from ploeg.control.plane import Transaction
from ploeg.domain.access import Principal
from ploeg.domain.errors import Invalid, NotFound
from ploeg.prompts.people import implement_next_story

NAME = "implement_next_story"
DESCRIPTION = "Implement the next story of a product, task by task, and keep the backlog up to date meanwhile."
ARGUMENT = "product_id"
ARGUMENT_MEANING = "The product's id or code."


def prompt(tx: Transaction, actor: Principal, name: str, arguments: Mapping[str, str]) -> str:
    """The text for a product that the caller can see."""
    if name != NAME:
        raise NotFound("prompt", name)
    if set(arguments) != {ARGUMENT}:
        raise Invalid(ARGUMENT, arguments.get(ARGUMENT), f"{NAME} takes exactly {ARGUMENT}")
    return implement_next_story(find.product(tx, actor, arguments[ARGUMENT]).code)
