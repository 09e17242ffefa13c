"""The installation's file of notices is read whole, or refused with the part that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from ploeg.domain.errors import Invalid
from ploeg.domain.notice import ReceiverKind
from ploeg.notify.file import Installed, load

WHOLE = """
[mail]
server = "smtp.example.org"
from = "ploeg@example.org"
user = "ploeg"
password = "hunter2"

[receivers.ops]
kind = "ntfy"
to = "https://ntfy.example.org/ops"
token = "tk_secret"
topics = ["worker.*"]
quiet = "22:00-07:00"
digest_minutes = 15

[receivers.pager]
kind = "apprise"
to = "tgram://secret/1"
time_zone = "Europe/Amsterdam"
"""


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "notices.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_file_names_a_mail_server_and_the_installation_s_receivers(tmp_path: Path) -> None:
    installed = load(written(tmp_path, WHOLE), "UTC")
    assert installed.mail_server is not None
    assert (installed.mail_server.host, installed.mail_server.port, installed.mail_server.security) == (
        "smtp.example.org",
        587,
        "starttls",
    )
    ops, pager = installed.receivers
    assert (ops.kind, ops.topics, ops.quiet, ops.time_zone, ops.digest_minutes) == (
        ReceiverKind.NTFY,
        ("worker.*",),
        "22:00-07:00",
        "UTC",
        15,
    )
    assert (pager.name, pager.shown, pager.time_zone) == ("pager", "tgram://…", "Europe/Amsterdam")
    assert installed.targets["ops"].token == "tk_secret"
    assert "secret" not in repr(installed)
    assert "hunter2" not in repr(installed)


def test_without_a_file_nothing_is_installed() -> None:
    assert load(None, "UTC") == Installed()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[mail", "not TOML"),
        ("[mail]\nserver = 'x'\n", "from"),
        ("[mail]\nserver = 'x'\nfrom = 'y'\nsecurity = 'maybe'\n", "mail.security"),
        ("[channels.x]\nkind = 'ntfy'\n", "channels"),
        ("[receivers.ops]\nkind = 'ntfy'\n", "to"),
        ("[receivers.ops]\nkind = 'pigeon'\nto = 'x'\n", "receiver ops"),
        ("[receivers.Ops]\nkind = 'mail'\nto = 'a@b.example'\n", "name"),
        ("[receivers.ops]\nkind = 'webhook'\nto = 'https://x.example'\n", "whsec_"),
        ("[receivers.ops]\nkind = 'slack'\nto = 'hidden'\n", "https URL"),
        ("[receivers.ops]\nkind = 'mail'\nto = 'a@b.example'\ntopics = ['all']\n", "topics"),
        ("[receivers.ops]\nkind = 'mail'\nto = 'a@b.example'\nquiet = 'nights'\n", "quiet"),
    ],
)
def test_a_part_that_cannot_be_used_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        load(written(tmp_path, text), "UTC")
    assert refused.value.field == "notices_file"
    assert said in str(refused.value)
    assert "hidden" not in str(refused.value)


def test_a_file_that_others_may_read_or_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="chmod 600"):
        load(written(tmp_path, WHOLE, 0o640), "UTC")
    with pytest.raises(Invalid, match="cannot be read"):
        load(tmp_path / "nowhere.toml", "UTC")
