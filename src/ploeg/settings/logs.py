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
    otel_endpoint: Annotated[
        str,
        doc(
            "Collector that gets a trace of each job, by OpenTelemetry over HTTP, e.g. `http://127.0.0.1:4318`; empty: "
            "none. Needs the extra `otel`."
        ),
    ] = ""
    worker_listen: Annotated[
        str,
        doc(
            "Where the worker answers `/health` and `/metrics`, without a token, e.g. `127.0.0.1:7461`; empty: "
            "nowhere. Other than loopback, let only your monitoring reach it."
        ),
    ] = ""
    metrics: Annotated[
        Literal["token", "open", "off"],
        doc(
            "Who reads the server's `/metrics`: with `token` an administrator's token, with `open` everybody who "
            "reaches the server, with `off` nobody."
        ),
    ] = "token"
