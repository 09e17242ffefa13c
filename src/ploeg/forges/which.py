"""Which kind of forge answers at a host, asked without any token."""

from __future__ import annotations

from ploeg.domain.delivery import Trouble
from ploeg.forges.base import ForgeError
from ploeg.forges.line import Line

_KNOWN = {"https://github.com": "github", "https://gitlab.com": "gitlab", "https://codeberg.org": "forgejo"}
#: What each of them alone answers, in the order in which they are asked.
_SIGNS = (
    ("forgejo", "/api/forgejo/v1/version"),
    ("gitea", "/api/v1/version"),
    ("github", "/api/v3/meta"),
    ("gitlab", "/api/v4/version"),
)


async def kind_at(origin: str) -> str | None:
    """None where nothing shows it. Raises `ForgeError` when the host does not answer at all."""
    if origin in _KNOWN:
        return _KNOWN[origin]
    silent: ForgeError | None = None
    async with Line(origin, {}, "", seconds=5.0) as line:
        for kind, path in _SIGNS:
            try:
                if isinstance(await line.ask("GET", path), dict):
                    return kind
            except ForgeError as error:
                # GitLab tells its version to nobody without a token, and says so.
                if kind == "gitlab" and error.trouble is Trouble.NO_CREDENTIALS:
                    return kind
                silent = error if error.trouble is Trouble.UNREACHABLE else silent
    if silent is not None:
        raise silent
    return None
