"""What it takes to reach people's own receivers: a file each, beside the database, that nobody else may read.

It is kept out of the database, so that no copy, export or query of that ever shows it.
"""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

import msgspec

from ploeg.domain.errors import Unavailable
from ploeg.domain.ids import ReceiverId
from ploeg.domain.receiving import Target


def new_signing_secret() -> str:
    """For a webhook, in the form that https://www.standardwebhooks.com gives it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


class Vault:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, receiver_id: ReceiverId, target: Target) -> None:
        """`Unavailable` when it cannot be kept."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._file(receiver_id), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(target))
        except OSError as error:
            raise Unavailable(f"the receiver cannot be kept: {error.strerror}") from None

    def get(self, receiver_id: ReceiverId) -> Target | None:
        try:
            return msgspec.json.decode(self._file(receiver_id).read_bytes(), type=Target)
        except (OSError, msgspec.DecodeError):
            return None

    def drop(self, receiver_id: ReceiverId) -> None:
        self._file(receiver_id).unlink(missing_ok=True)

    def _file(self, receiver_id: ReceiverId) -> Path:
        return self._folder / f"{receiver_id}.json"
