"""Options that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from ploeg.domain.errors import Invalid

Command = TypeVar("Command", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, as the API gives it.")
of_product = click.option("-p", "--product", metavar="CODE", help="The product; not needed where there is only one.")
priority = click.option("--priority", type=click.IntRange(1, 4), help="1 critical, 2 normal, 3 low, 4 nice to have.")
estimate = click.option("--estimate", type=float, metavar="N", help="In the unit that your team uses.")
archived = click.option("--archived", is_flag=True, help="Archived ones as well.")
remove = click.option("--remove", is_flag=True, help="Wait for them no longer instead.")
restore = click.option("--restore", is_flag=True, help="Bring it back instead.")

_PLACE = (
    click.option("--after", metavar="CODE", help="Put it right behind this one."),
    click.option("--before", metavar="CODE", help="Put it right before this one."),
    click.option("--first", is_flag=True, default=None, help="Put it before the others."),
    click.option("--last", is_flag=True, default=None, help="Put it behind the others."),
)

_CONFIG = (
    click.option("--runtime", metavar="NAME", help="The agent: patch, claude, …"),
    click.option("--model", metavar="NAME", help="The agent's model."),
    click.option(
        "--review-runtime",
        metavar="NAME",
        help="The agent that reviews plans and pull requests, in place of --runtime.",
    ),
    click.option(
        "--review-model", metavar="NAME", help="The model that reviews plans and pull requests, in place of --model."
    ),
    click.option("--thinking-budget", type=int, metavar="TOKENS", help="Tokens the model may think; 0: none."),
    click.option("--permission-mode", metavar="MODE", help="How the agent treats its own permission prompts."),
    click.option("--max-minutes", type=float, metavar="N", help="Limit of the agent's wall clock."),
    click.option("--max-silence-minutes", type=float, metavar="N", help="Limit of its silence."),
    click.option("--max-turns", type=int, metavar="N", help="Limit of its turns."),
    click.option(
        "--max-cost-usd", type=float, metavar="N", help="Limit of what a job may cost, with all its attempts."
    ),
    click.option("--max-tokens", type=int, metavar="N", help="Limit of the tokens that a job may use."),
    click.option(
        "--verify", "verify_commands", multiple=True, metavar="COMMAND", help="Must pass before done; repeatable."
    ),
    click.option("--verify-timeout", type=float, metavar="SECONDS", help="Limit of each verify command."),
    click.option(
        "--setup", "setup_commands", multiple=True, metavar="COMMAND", help="Makes a checkout ready; repeatable."
    ),
    click.option(
        "--repair-rounds", type=click.IntRange(0, 1), metavar="N", help="1: resume an agent that ended refused, once."
    ),
    click.option(
        "--auto-commit/--no-auto-commit", default=None, help="Commit what the agent left uncommitted; off unless said."
    ),
    click.option(
        "--on-conflict",
        type=click.Choice(("solve", "ask", "fail")),
        help="When others changed the same lines: let the agent solve it, ask people, or fail.",
    ),
    click.option(
        "--require-label", "required_labels", multiple=True, metavar="LABEL", help="A worker must offer it; repeatable."
    ),
)
CONFIG_FIELDS = (
    "runtime",
    "model",
    "review_runtime",
    "review_model",
    "thinking_budget",
    "permission_mode",
    "max_minutes",
    "max_silence_minutes",
    "max_turns",
    "max_cost_usd",
    "max_tokens",
    "verify_commands",
    "verify_timeout",
    "setup_commands",
    "repair_rounds",
    "auto_commit",
    "on_conflict",
    "required_labels",
)

unset = click.option(
    "--unset",
    multiple=True,
    metavar="FIELD",
    type=click.Choice(CONFIG_FIELDS),
    help="Let a lower layer decide this field of the config again; repeatable.",
)


def place(command: Command) -> Command:
    """The options that say where an item goes among its siblings."""
    for option in reversed(_PLACE):
        command = option(command)
    return command


def clear(*fields: str) -> Callable[[Command], Command]:
    """`--clear FIELD`: these fields may be emptied."""
    return click.option(
        "--clear", multiple=True, metavar="FIELD", type=click.Choice(fields), help="Empty this field; repeatable."
    )


def config(command: Command) -> Command:
    """The options that make one layer of a job's config; `pop_config` takes them out of the arguments."""
    for option in reversed(_CONFIG):
        command = option(command)
    return command


def pop_config(arguments: dict[str, Any], unset: tuple[str, ...] = ()) -> dict[str, Any]:
    """What the config options said, `{}` when they said nothing; they no longer stand in `arguments` afterwards."""
    layer = {name: arguments.pop(name) for name in CONFIG_FIELDS}
    return {name: value for name, value in layer.items() if value not in (None, ())} | dict.fromkeys(unset)


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Only what was said."""
    return {name: value for name, value in values.items() if value not in (None, ())}


def plan_from(file: str | None) -> str | None:
    return text_from("--plan-file", file) if file is not None else None


def text_from(option: str, file: str) -> str:
    """The text of a file; `-` is standard input."""
    try:
        if file == "-":
            return sys.stdin.buffer.read().decode("utf-8")
        return Path(file).read_text("utf-8")
    except OSError as error:
        raise Invalid(option, file, f"it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Invalid(option, file, "give UTF-8 text") from None
