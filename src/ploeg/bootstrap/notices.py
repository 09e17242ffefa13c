"""What sends notices, put together from the settings."""

from __future__ import annotations

from pathlib import Path

from ploeg.control.notices import receivers
from ploeg.control.notices.post import Post
from ploeg.control.notices.send import Notifier
from ploeg.control.notices.vault import Vault
from ploeg.notify.file import Installed, load
from ploeg.notify.senders import Senders
from ploeg.settings import Settings
from ploeg.store.store import Store


def installed_of(settings: Settings) -> Installed:
    """What the installation's file says. Raises `Invalid`."""
    name = settings.notices_file
    return load(Path(name).expanduser() if name else None, settings.effective_time_zone)


def post_of(settings: Settings, installed: Installed, store: Store) -> Post:
    """Brings the installation's own receivers to what its file says."""
    store.write_blocking(lambda tx: receivers.install(tx, installed.receivers))
    vault = Vault(settings.home_path / "receivers")
    senders = Senders(installed.mail_server, settings.notice_hosts)
    return Post(vault, Notifier(senders, vault, installed.targets), settings.effective_time_zone)
