"""`ploeg up` and `ploeg server`: start it for real."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ploeg.cli import render
from ploeg.cli.session import current_settings

Command = Callable[..., Any]


def _listening(command: Command) -> Command:
    for option in (
        click.option("--port", type=int, metavar="N", help="Port to listen on.  [PLOEG_PORT]"),
        click.option("--host", metavar="ADDRESS", help="Address to listen on.  [PLOEG_HOST]"),
    ):
        command = option(command)
    return command


@click.command()
@_listening
@click.option("--slots", type=int, metavar="N", help="Jobs at the same time.  [PLOEG_SLOTS]")
@click.option("--parent-fd", type=int, hidden=True, help="Stop when this descriptor reads to its end.")
def up(host: str | None, port: int | None, slots: int | None, parent_fd: int | None) -> int:
    """Start a server and a worker on this machine, until ctrl-C or SIGTERM.

    The first start makes the home, the account and this machine's sign-in.

    \b
    Example:
      ploeg up --slots 2
    """
    from ploeg.bootstrap import run_up

    return run_up(current_settings(host=host, port=port, slots=slots), announce=_announce, parent_fd=parent_fd)


@click.command()
@_listening
def server(host: str | None, port: int | None) -> int:
    """Start a server without a worker, until ctrl-C or SIGTERM.

    \b
    Example:
      ploeg server --port 7460
    """
    from ploeg.bootstrap import run_server

    return run_server(current_settings(host=host, port=port), announce=_announce)


def _announce(url: str, home: str) -> None:
    render.say(f"Ploeg listens on {url} and keeps everything in {home}")
    render.say("In another terminal: `ploeg product add …`, `ploeg job run …`, `ploeg doctor`. Stop with ctrl-C.")
