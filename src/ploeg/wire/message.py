"""The base of the worker protocol's messages."""

from __future__ import annotations

from msgspec import Struct


class Message(Struct, kw_only=True, omit_defaults=True):
    """Unknown fields are ignored, so that server and workers can be upgraded one after the other."""
