"""All settings together, and what follows from them."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from pathlib import Path

from ploeg.domain.errors import Invalid
from ploeg.domain.lease import LeaseTerms
from ploeg.domain.retention import Terms
from ploeg.settings.disk import DiskSettings


class Settings(DiskSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be set. Durations are in seconds unless the name says otherwise, sizes in bytes."""

    @property
    def home_path(self) -> Path:
        return Path(self.home)

    @property
    def credentials_path(self) -> Path:
        """Where the local command finds its token and the server's URL (mode 0600)."""
        return self.home_path / "credentials.json"

    @property
    def hook_key_path(self) -> Path:
        """Of the key that webhooks' secrets are made from (mode 0600)."""
        name = self.forge_hook_key_file
        return Path(name).expanduser() if name else self.home_path / "forge-hook-key"

    @property
    def forge_tokens_path(self) -> Path:
        """Of the forges' tokens (mode 0600)."""
        name = self.forge_tokens_file
        return Path(name).expanduser() if name else self.home_path / "forge.tokens"

    @property
    def backup_path(self) -> Path:
        return Path(self.backup_folder).expanduser().absolute() if self.backup_folder else self.home_path / "backups"

    @property
    def effective_database_url(self) -> str:
        """What `database_url` or its file says, else a file in home. `Invalid` for a file that cannot be read."""
        if self.database_url or not self.database_url_file:
            return self.database_url or f"sqlite:///{self.home_path / 'ploeg.db'}"
        try:
            return Path(self.database_url_file).expanduser().read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise Invalid("database_url_file", self.database_url_file, "it cannot be read") from None

    @property
    def effective_server_url(self) -> str:
        return self.server_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def effective_worker_name(self) -> str:
        return self.worker_name or socket.gethostname()

    @property
    def effective_time_zone(self) -> str:
        return self.time_zone or _zone_of_this_machine()

    @property
    def log_terms(self) -> Terms:
        """Of the run logs on the worker."""
        return _terms(self.log_compress_hours, self.log_keep_days, self.max_logs_bytes)

    @property
    def transcript_terms(self) -> Terms:
        """Of the transcripts on the server."""
        return _terms(self.transcript_compress_hours, self.transcript_keep_days, self.max_transcripts_bytes)

    @property
    def lease(self) -> LeaseTerms:
        return LeaseTerms(seconds=self.lease_seconds, renew_every=self.renew_seconds)


def _terms(compress_hours: float, keep_days: float, max_bytes: int) -> Terms:
    """Zero is never, and without a limit."""
    return Terms(
        compress_after=timedelta(hours=compress_hours) if compress_hours else None,
        keep=timedelta(days=keep_days) if keep_days else None,
        max_bytes=max_bytes or None,
    )


def _zone_of_this_machine() -> str:
    """As /etc/localtime, which links into the time zone database, says; UTC where it does not."""
    return os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2] or "UTC"
