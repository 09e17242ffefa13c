"""`ploeg login`: keep a token for this machine's commands."""

from __future__ import annotations

import sys

import click

from ploeg import credentials
from ploeg.cli import render
from ploeg.cli.client import Client
from ploeg.cli.session import current_settings
from ploeg.domain.errors import Invalid


@click.command()
@click.option("--server", metavar="URL", help="The server to sign in to.")
def login(server: str | None) -> None:
    """Sign this machine's commands in to a server, with a token from `ploeg token create` over there.

    The token is asked for, or read from standard input when that is not a terminal; it is never an argument.

    \b
    Example:
      ploeg login --server https://ploeg.example.org < token.txt
    """
    settings = current_settings(**({"server_url": server} if server else {}))
    url = settings.effective_server_url
    secret = (click.prompt("Token", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()).strip()
    if not secret or not secret.isascii() or not secret.isprintable():
        raise Invalid("token", "…", "give the one line that `ploeg token create` printed")
    if readable_on_its_way(url):
        render.complain(f"warning: {url} is plain HTTP, so the token can be read on its way; use https://")
    who = Client(url, secret).get("/whoami")
    kept = credentials.read(settings.credentials_path)
    # A worker's token is good for the server that gave it, and for no other.
    worker = {"worker_token": kept["worker_token"]} if kept.get("server_url") == url and "worker_token" in kept else {}
    credentials.write(settings.credentials_path, {"server_url": url, "token": secret, **worker})
    scopes = ", ".join(who["token"]["scopes"])
    render.say(f"signed in to {url} as {render.harmless(who['user']['username'])} ({scopes})")


def readable_on_its_way(url: str) -> bool:
    """Whether a token would leave this machine unencrypted."""
    parts = credentials.address(url)
    host = parts.hostname or ""
    return parts.scheme == "http" and not (host in {"localhost", "::1"} or host.startswith("127."))
