"""Settings: where things are."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ploeg.settings.text import doc


class PlaceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of every program of Ploeg."""

    home: Annotated[str, doc("Folder of everything Ploeg keeps: database, credentials, mirrors, logs.")] = ""
    database_url: Annotated[
        str, doc("Where the server keeps its data: `sqlite:///path` or `postgresql://…`; empty: a file in home.")
    ] = ""
    database_url_file: Annotated[
        str, doc("File that holds the database's URL, for one with a password, in place of `database_url`.")
    ] = ""
    server_url: Annotated[str, doc("The server that the command line and the worker talk to.")] = ""
    token_file: Annotated[
        str, doc("File that holds the token to use instead of the one in home's `credentials.json`.")
    ] = ""

    time_zone: Annotated[
        str,
        doc("Time zone that this machine's commands and worker go by, e.g. `Europe/Amsterdam`; empty: its own."),
    ] = ""
