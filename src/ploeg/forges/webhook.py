"""Where a repository's webhook goes, and the secret that signs it.

Each repository has a secret of its own, made from one key and the repository's place: none is stored, and whoever
knows the one of a repository can hint at that repository alone.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Self
from urllib.parse import quote

from ploeg.credentials import secret_text
from ploeg.domain.errors import Invalid
from ploeg.forges.place import place_of

ROOT = "/api/v1/hooks"
_SETTING = "forge_hook_key_file"


def same_repository(one: str, other: str) -> bool:
    """Whether two URLs lead to one repository, as far as they tell."""
    return _name(one) is not None and _name(one) == _name(other)


def address(server_url: str, repo_url: str) -> str:
    """What a forge is told to call for that repository; `Invalid` for one that is on no forge."""
    return f"{server_url.rstrip('/')}{ROOT}/{quote(_named(repo_url), safe='/:')}"


class HookKey:
    """What all secrets of webhooks are made from."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads the key of that file, which is made if it is not there. Raises `Invalid`."""
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(32) + "\n")
        except FileExistsError:
            pass
        except OSError as error:
            raise Invalid(_SETTING, str(path), f"it cannot be made ({error.strerror})") from None
        key = secret_text(_SETTING, path).strip()
        if len(key) < 32:
            raise Invalid(_SETTING, str(path), "a key has at least 32 characters; remove the file to get a new one")
        return cls(key.encode())

    def secret_of(self, repo_url: str) -> str:
        """The secret of that repository's webhook; `Invalid` for one that is on no forge."""
        return hmac.new(self._key, f"webhook of {_named(repo_url)}".encode(), hashlib.sha256).hexdigest()


def _named(repo_url: str) -> str:
    name = _name(repo_url)
    if name is None:
        raise Invalid("repo_url", repo_url, "only a repository on a forge has webhooks")
    return name


def _name(repo_url: str) -> str | None:
    """Host and path; forges take no account of the case of either."""
    place = place_of(repo_url)
    return f"{place.host}/{place.path}".lower() if place is not None else None
