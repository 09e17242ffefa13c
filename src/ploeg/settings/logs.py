"""Settings of what Ploeg says of itself."""

from __future__ import annotations

from typing import Annotated, Literal

from ploeg.settings.text import doc
from ploeg.settings.worker import WorkerSettings


class LogSettings(WorkerSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Logs."""

    log_level: Annotated[Literal["debug", "info", "warning", "error"], doc("What is logged on standard error.")] = (
        "info"
    )
    log_format: Annotated[Literal["text", "json"], doc("`text` for people, `json` for programs.")] = "text"
