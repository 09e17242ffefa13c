"""`ploeg backup` and `ploeg restore`: one file that brings everything back."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import click

from ploeg.cli import options, render
from ploeg.cli.session import current_settings

_key = click.option("--key", metavar="FILE", help="The file with the secret key of an encrypted backup.")


@click.group(invoke_without_command=True)
@click.pass_context
def backup(context: click.Context) -> None:
    """Back up database, transcripts and settings into one file.

    Without a subcommand it makes one now.

    The server makes one every day by itself (`backup_every_hours`). It may run meanwhile.

    \b
    Example:
      ploeg backup
    """
    if context.invoked_subcommand is None:
        context.invoke(make)


@backup.command()
@click.argument("file", required=False)
@options.as_json
def make(file: str | None = None, as_json: bool = False) -> None:
    """Make a backup now: into the folder of backups, or as that file. It is proven readable before it counts.

    \b
    Example:
      ploeg backup make before-the-move.tar.gz
    """
    from ploeg.backup.make import make as make_backup

    target = Path(file).absolute() if file is not None else None
    settings = current_settings()
    if not as_json:
        render.say("Copying the database and the transcripts …", err=True)
    made = asyncio.run(make_backup(settings, target))
    if as_json:
        render.emit_json({"path": str(made.path), "bytes": made.bytes, "encrypted": made.encrypted})
        return
    count = len(made.manifest.entries)
    files = f"{count} files" if count != 1 else "1 file"
    what = f"{render.size(made.bytes)}, {files}, {_how(made.encrypted)}"
    render.say(f"{render.harmless(str(made.path))}: {what}, proven readable")


@backup.command("list")
@options.as_json
def list_(as_json: bool) -> None:
    """List the folder of backups, the newest first.

    \b
    Example:
      ploeg backup list
    """
    from ploeg.backup.folder import listed

    folder = current_settings().backup_path
    found = listed(folder)
    if as_json:
        render.emit_json([_listed(kept) for kept in found])
        return
    table = [(b.path.name, render.ago(b.made_at.isoformat()), render.size(b.bytes), _how(b.encrypted)) for b in found]
    render.table(("backup", "made", "size", "encrypted"), table, empty=f"no backup in {render.harmless(str(folder))}")


@backup.command()
@click.argument("file")
@_key
@options.as_json
def check(file: str, key: str | None, as_json: bool) -> None:
    """Prove that a backup could be restored: every file as it was packed, the database sound. Changes nothing.

    \b
    Example:
      ploeg backup check ploeg-20261122T030000Z.tar.gz
    """
    from ploeg.backup.restore import check as check_backup

    settings = current_settings()
    manifest = asyncio.run(check_backup(settings, _found(settings.backup_path, file), _path(key)))
    if as_json:
        render.emit_json(_as_json(manifest))
        return
    render.say(f"sound: {manifest.dialect}, made {render.ago(manifest.made_at.isoformat())} by Ploeg {manifest.ploeg}")


@backup.command("key")
def key_() -> None:
    """Make a pair of keys: the public one is for `backup_recipients`, the secret one opens the backups.

    The secret key goes to standard output. Keep it on another machine: without it nobody can restore.

    \b
    Example:
      ploeg backup key > ploeg-backup.key
    """
    from ploeg.backup.encryption import new_key

    secret, public = new_key()
    render.say(f'In ploeg.toml: backup_recipients = ["{public}"]', err=True)
    render.say(f"# public key: {public}\n{secret}")


@click.command()
@click.argument("file")
@_key
@click.option("--replace", is_flag=True, help="Put what is there aside, under another name.")
@options.as_json
def restore(file: str, key: str | None, replace: bool, as_json: bool) -> None:
    """Bring a backup back. Stop the server first.

    The backup is proven before anything changes, and what was there is put aside, not removed.

    \b
    Example:
      ploeg restore ploeg-20261122T030000Z.tar.gz --replace
    """
    from ploeg.backup.restore import restore as restore_backup

    settings = current_settings()
    source = _found(settings.backup_path, file)
    done = asyncio.run(restore_backup(settings, source, _path(key), replace=replace))
    if as_json:
        render.emit_json(_as_json(done.manifest) | {"put_aside": [str(path) for path in done.put_aside]})
        return
    render.say(f"restored what was there {render.ago(done.manifest.made_at.isoformat())}; start the server again")
    for path in done.put_aside:
        render.say(f"  put aside: {render.harmless(str(path))}")
    if sys.stdout.isatty():
        render.say("Jobs that were running then are queued again; `ploeg job list` shows them.")


def _found(folder: Path, file: str) -> Path:
    """That file, or the one of that name in the folder of backups."""
    from ploeg.domain.errors import Invalid

    for path in (Path(file).expanduser().absolute(), folder / Path(file).name):
        if path.is_file():
            return path
    raise Invalid("backup", file, "there is no such file; `ploeg backup list` shows what there is")


def _path(key: str | None) -> Path | None:
    return Path(key).expanduser() if key is not None else None


def _how(encrypted: bool) -> str:
    return "encrypted" if encrypted else "not encrypted"


def _listed(kept: Any) -> dict[str, Any]:
    return {
        "path": str(kept.path),
        "made_at": kept.made_at.isoformat(),
        "bytes": kept.bytes,
        "encrypted": kept.encrypted,
    }


def _as_json(manifest: Any) -> dict[str, Any]:
    return {
        "ploeg": manifest.ploeg,
        "made_at": manifest.made_at.isoformat(),
        "dialect": manifest.dialect,
        "revision": manifest.revision,
        "files": len(manifest.entries),
    }
