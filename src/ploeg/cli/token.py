"""`ploeg token`: what signs people and workers in."""

from __future__ import annotations

from typing import Any

import click

from ploeg.cli import options, render
from ploeg.cli.client import path
from ploeg.cli.session import signed_in


@click.group()
def token() -> None:
    """Tokens for people and for workers.

    \b
    Example:
      ploeg token list
    """


@token.command()
@click.argument("label")
@click.option("--kind", type=click.Choice(["personal", "worker"]), default="personal", show_default=True)
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(["read", "write", "admin", "work"]), help="Repeatable."
)
@click.option(
    "--expires-days", "expires_in_days", type=click.IntRange(1), metavar="N", help="Days that it is good for."
)
@click.option("--user", metavar="NAME", help="For somebody else; for administrators.")
@options.as_json
def create(as_json: bool, **fields: Any) -> None:
    """Make a token. Its secret is shown once, on standard output, and stored nowhere.

    \b
    Example:
      ploeg token create nas --kind worker > worker.token
    """
    made = signed_in().post("/tokens", options.given(fields))
    if as_json:
        render.emit_json(made)
        return
    render.say(f"{made['kind']} token {made['id']} «{render.harmless(made['label'])}»; shown only now:", err=True)
    render.say(made["secret"])


@token.command("list")
@options.as_json
def list_(as_json: bool) -> None:
    """List your tokens, without their secrets.

    \b
    Example:
      ploeg token list
    """
    tokens = signed_in().get("/tokens")["items"]
    if as_json:
        render.emit_json(tokens)
        return
    rows = [
        (
            t["id"],
            t["kind"],
            " ".join(t["scopes"]),
            t["hint"] + "…",
            render.ago(t["last_used_at"]),
            _state(t),
            t["label"],
        )
        for t in tokens
    ]
    render.table(("id", "kind", "scopes", "secret", "used", "state", "label"), rows, empty="no token")


@token.command()
@click.argument("token")
@options.as_json
def revoke(token: str, as_json: bool) -> None:
    """Make a token useless from now on.

    \b
    Example:
      ploeg token revoke tok_01k8c9zq1m2n3p4q5r6s7t8v9w
    """
    revoked = signed_in().delete("/tokens" + path(token))
    if as_json:
        render.emit_json(revoked)
    else:
        render.say(f"token {revoked['id']} revoked")


def _state(token: dict[str, Any]) -> str:
    if token["revoked_at"]:
        return "revoked"
    return f"expires {render.ago(token['expires_at'])}" if token["expires_at"] else "good"
