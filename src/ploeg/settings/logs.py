"""Settings of what Ploeg says of itself."""

from __future__ import annotations

from typing import Annotated, Literal

from ploeg.settings.text import doc
from ploeg.settings.worker import WorkerSettings


class LogSettings(WorkerSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Logs and metrics."""

    log_level: Annotated[Literal["debug", "info", "warning", "error"], doc("What is logged on standard error.")] = (
        "info"
    )
    log_format: Annotated[Literal["text", "json"], doc("`text` for people, `json` for programs.")] = "text"
    metrics: Annotated[
        Literal["token", "open", "off"],
        doc(
            "Who reads the server's `/metrics`: with `token` an administrator's token, with `open` everybody who "
            "reaches the server, with `off` nobody."
        ),
    ] = "token"
