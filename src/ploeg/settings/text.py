"""How a setting says what it is for."""

from __future__ import annotations

from typing import Any

import msgspec


def doc(text: str, **limits: Any) -> msgspec.Meta:
    """The setting's help, and the limits that its value is held to."""
    return msgspec.Meta(description=text, **limits)
