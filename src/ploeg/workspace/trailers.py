"""Trailers of the commits that agents make, e.g. `Ploeg-Job: J-12`: added by a hook of the workspace's own git.

It is the agent's repository, so the agent may go without them; they are for people who read the history.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

_HOOK = """\
#!/bin/sh
# Puts Ploeg's trailers under a commit's message, once. A message without words stays as it is.
grep -q '^[^#[:space:]]' "$1" || exit 0
exec git interpret-trailers --in-place --if-exists doNothing {trailers} "$1"
"""


def add_by_hook(tree: Path, trailers: Sequence[str]) -> None:
    """In a workspace that no agent has touched yet. Without trailers there is no hook."""
    if not trailers:
        return
    hooks = tree / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    hook = hooks / "prepare-commit-msg"
    options = " ".join(f"--trailer {shlex.quote(trailer)}" for trailer in trailers)
    hook.write_text(_HOOK.format(trailers=options), "utf-8")
    hook.chmod(0o755)
