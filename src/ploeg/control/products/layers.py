"""A layer of the config as somebody wishes it, checked before it is stored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ploeg.control.docs.text import NAME_MAX, line, prose
from ploeg.domain.config import ConfigLayer
from ploeg.domain.errors import Invalid

COMMANDS_MAX = 50
COMMAND_LENGTH_MAX = 4000
THINKING_MAX = 1_000_000
LABELS_MAX = 20

_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
_RUNTIME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def checked(wishes: Mapping[str, Any], base: ConfigLayer | None = None) -> ConfigLayer:
    """`base` with the wishes on top; a wish of None takes the field out. `Invalid` names a field."""
    said = base.as_dict() if base is not None else {}
    said |= wishes
    layer = ConfigLayer.of({name: value for name, value in said.items() if value is not None})
    for field, name in (("runtime", layer.runtime), ("review_runtime", layer.review_runtime)):
        if name is not None:
            runtime(field, name)
    for field, name in (("model", layer.model), ("review_model", layer.review_model)):
        if name is not None:
            line(field, name, NAME_MAX)
    if layer.thinking_budget is not None and layer.thinking_budget > THINKING_MAX:
        raise Invalid("thinking_budget", layer.thinking_budget, f"give at most {THINKING_MAX} tokens")
    _check_commands("verify_commands", layer.verify_commands)
    _check_commands("setup_commands", layer.setup_commands)
    labels("required_labels", layer.required_labels or ())
    return layer


def labels(field: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Labels that a worker must offer, each once."""
    if len(names) > LABELS_MAX:
        raise Invalid(field, f"{len(names)} labels", f"give at most {LABELS_MAX}")
    for name in names:
        if not _LABEL.fullmatch(name):
            raise Invalid(field, name, "use letters, digits and . _ : / -, at most 64 characters")
    return tuple(dict.fromkeys(names))


def runtime(field: str, name: str) -> str:
    """The name of a runtime, which some worker may have."""
    if not _RUNTIME.fullmatch(name):
        raise Invalid(field, name, "use a runtime's name: small letters, digits, dash and underscore")
    return name


def _check_commands(field: str, commands: tuple[str, ...] | None) -> None:
    if commands is None:
        return
    if len(commands) > COMMANDS_MAX:
        raise Invalid(field, f"{len(commands)} commands", f"give at most {COMMANDS_MAX}")
    for command in commands:
        if not prose(field, command, COMMAND_LENGTH_MAX).strip():
            raise Invalid(field, command, "a command is not empty")
