"""`ploeg export`: everything that you may see, as lines of JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import click

from ploeg.cli import render
from ploeg.cli.session import signed_in
from ploeg.domain.errors import Invalid, Unavailable


@click.command()
@click.option("-p", "--product", metavar="CODE", help="Only this product.")
@click.option("-o", "--output", metavar="FILE", help="Write there instead of to standard output; only you can read it.")
def export(product: str | None, output: str | None) -> None:
    """Export everything that you may see, or one product: a header, a record on each line, an end that counts them.

    No token and no other secret is in it.

    \b
    Example:
      ploeg export -p shop -o shop.ndjson
    """
    with signed_in().stream("/export", product=product) as lines:
        if output is None:
            _copy(lines, sys.stdout.buffer)
            return
        count = _keep(lines, Path(output))
    render.say(f"{count} records in {render.harmless(output)}")


def _keep(lines: Iterable[bytes], target: Path) -> int:
    """The file is there when it is whole, and not before; a device or a pipe is written to as it is."""
    half = target.with_name(target.name + ".part")
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as file:
                return _copy(lines, file)
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            count = _copy(lines, file)
        half.replace(target)
    except OSError as error:
        raise Invalid("--output", str(target), f"it cannot be written: {error.strerror}") from None
    finally:
        half.unlink(missing_ok=True)
    return count


def _copy(lines: Iterable[bytes], target: BinaryIO) -> int:
    """How many records went there; `Unavailable` if the end is missing."""
    last, count = b"", -2
    for last in lines:
        target.write(last)
        count += 1
    target.flush()
    if not last.endswith(b"\n") or json.loads(last).get("type") != "end":
        raise Unavailable("the export broke off; try again")
    return count
