"""The installation's file of notices: its mail server, and the receivers of whoever keeps it running.

A TOML file that nobody else may read, since it holds passwords.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from ploeg.credentials import secret_text
from ploeg.domain import receiving
from ploeg.domain.errors import Invalid
from ploeg.domain.notice import ReceiverKind
from ploeg.domain.receiving import Declared, Target
from ploeg.notify.mail import MailServer

_SETTING = "notices_file"


@dataclass(frozen=True, slots=True)
class Installed:
    """What the file says."""

    mail_server: MailServer | None = None
    receivers: tuple[Declared, ...] = ()
    targets: dict[str, Target] = field(default_factory=dict)


class _Mail(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"sender": "from"}):
    server: str
    sender: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = ""


class _Receiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    to: str
    token: str = ""
    secret: str = ""
    topics: list[str] = []
    quiet: str = ""
    time_zone: str = ""
    digest_minutes: int = 0


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    mail: _Mail | None = None
    receivers: dict[str, _Receiver] = {}


def load(path: Path | None, time_zone: str) -> Installed:
    """Raises `Invalid`, which names the part that cannot be used, and never what is secret in it."""
    if path is None:
        return Installed()
    file = _read(path)
    declared: list[Declared] = []
    for name, said in file.receivers.items():
        try:
            declared.append(_declared(name, said, said.time_zone or time_zone))
        except Invalid as error:
            raise Invalid(_SETTING, f"{path}, receiver {name}", f"{error.field}: {error.remedy}") from None
    targets = {name: Target(to=said.to, token=said.token, secret=said.secret) for name, said in file.receivers.items()}
    return Installed(_mail_server(file.mail), tuple(declared), targets)


def _read(path: Path) -> _File:
    try:
        content: dict[str, Any] = tomllib.loads(secret_text(_SETTING, path))
    except tomllib.TOMLDecodeError:
        raise Invalid(_SETTING, str(path), "it is not TOML; see docs/notifications.md") from None
    try:
        return msgspec.convert(content, _File)
    except msgspec.ValidationError as error:
        raise Invalid(_SETTING, str(path), str(error)) from None


def _declared(name: str, said: _Receiver, time_zone: str) -> Declared:
    kind = receiving.kind(said.kind)
    receiving.header("token", said.token)
    if kind is ReceiverKind.WEBHOOK:
        receiving.signing_secret(said.secret)
    return Declared(
        name=receiving.name(name),
        kind=kind,
        shown=receiving.shown(kind, said.to),
        topics=receiving.topics(said.topics),
        quiet=receiving.quiet(said.quiet, time_zone),
        time_zone=time_zone,
        digest_minutes=receiving.digest_minutes(said.digest_minutes),
    )


def _mail_server(said: _Mail | None) -> MailServer | None:
    if said is None:
        return None
    return MailServer(
        host=said.server,
        sender=said.sender,
        port=said.port,
        security=said.security,
        user=said.user,
        password=said.password,
    )
