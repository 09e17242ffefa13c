"""What sends notices in this process."""

from __future__ import annotations

from dataclasses import dataclass

from ploeg.control.notices.send import Notifier
from ploeg.control.notices.vault import Vault


@dataclass(frozen=True, slots=True)
class Post:
    vault: Vault
    notifier: Notifier
    #: By which quiet hours go that name no zone.
    time_zone: str = "UTC"
