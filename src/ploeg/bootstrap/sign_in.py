"""The sign-in of the server's own machine: one file with its tokens, readable by its owner alone."""

from __future__ import annotations

import os
from pathlib import Path

import structlog

from ploeg import credentials
from ploeg.control.people import people, tokens
from ploeg.domain.errors import Invalid
from ploeg.settings import Settings
from ploeg.store.store import Store
from ploeg.store.transaction import Transaction

log = structlog.get_logger("ploeg.server")


def sign_in_this_machine(store: Store, settings: Settings, url: str) -> None:
    """Sees to it that the local command and worker can reach this server.

    The first start makes the administrator's account. A file whose token this server knows only follows its URL; a
    sign-in to another server is left alone, or at the very first start put aside.
    """
    path = settings.credentials_path
    kept = credentials.read(path)
    known: bool = store.read_blocking(lambda tx: _opens(tx, kept.get("token", "")))
    if known:
        if kept.get("server_url") != url:
            credentials.write(path, {**kept, "server_url": url})
        return
    first = not store.read_blocking(lambda tx: tx.people.users())
    if kept and kept.get("server_url") != url:
        if not first:
            log.warning("this machine's command is signed in to another server", path=str(path))
            return
        path.replace(path.with_suffix(".before.json"))
    made = store.write_blocking(lambda tx: people.sign_in_this_machine(tx, settings.admin_username))
    credentials.write(path, {"server_url": url, "token": made.token, "worker_token": made.worker_token})
    log.info("signed this machine's command in", path=str(path), username=settings.admin_username, first_start=first)


def hand_over_worker_token(store: Store, settings: Settings) -> None:
    """Puts this machine's worker token where a worker beside the server finds it, unless a good one is there."""
    if not settings.worker_token_file:
        return
    path = Path(settings.worker_token_file).expanduser()
    token = credentials.read(settings.credentials_path).get("worker_token", "")
    try:
        kept = path.read_text("utf-8").strip() if path.exists() else ""
        if not token or store.read_blocking(lambda tx: _opens(tx, kept)):
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = path.with_name(path.name + ".part")
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(f"{token}\n")
        half.replace(path)
    except OSError as error:
        raise Invalid("worker_token_file", str(path), f"it cannot be written: {error.strerror}") from None
    log.info("left a worker's token", path=str(path))


def _opens(tx: Transaction, secret: str) -> bool:
    found = tx.people.token_by_hash(tokens.digest(secret))
    return found is not None and found[0].usable(tx.now)
