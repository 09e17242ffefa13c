"""Ploeg's part of a pull request's text; what people write around it stays."""

from __future__ import annotations

BEGIN = "<!-- ploeg: what stands between these marks is written anew when more lands -->"
END = "<!-- ploeg: end -->"


def woven(present: str, own: str) -> str:
    """`present` with Ploeg's part in place; behind everything else where it had none."""
    block = f"{BEGIN}\n{own.strip()}\n{END}"
    present = present.replace("\r\n", "\n")
    before, mark, rest = present.partition(BEGIN)
    if mark:
        _, end, after = rest.partition(END)
        return f"{before}{block}{after if end else ''}"
    return f"{present.rstrip()}\n\n{block}" if present.strip() else block
