"""What a receiver may be told to be."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from ploeg.domain import receiving
from ploeg.domain.errors import Invalid
from ploeg.domain.notice import ReceiverKind

MAIL, NTFY, SLACK, HOOK = ReceiverKind.MAIL, ReceiverKind.NTFY, ReceiverKind.SLACK, ReceiverKind.WEBHOOK


@pytest.mark.parametrize(
    ("kind", "to", "shown"),
    [
        (MAIL, "ada+ploeg@mail.example.org", "ada+ploeg@mail.example.org"),
        (MAIL, "root@localhost", "root@localhost"),
        (NTFY, "https://ntfy.example.org/wonderland", "https://ntfy.example.org/won…"),
        (NTFY, "http://[::1]:8080/t/", "http://[::1]:8080/t…"),
        (SLACK, "https://hooks.example.org/services/T1/B1/secret", "https://hooks.example.org"),
        (HOOK, "https://hooks.example.org:8443/x?key=secret", "https://hooks.example.org:8443"),
        (ReceiverKind.APPRISE, "tgram://secret/123", "tgram://…"),
    ],
)
def test_a_place_is_shown_without_what_is_secret_of_it(kind: ReceiverKind, to: str, shown: str) -> None:
    assert receiving.shown(kind, to) == shown


@pytest.mark.parametrize(
    ("kind", "to"),
    [
        (MAIL, "ada"),
        (MAIL, "ada@example.org\r\nBcc: all@example.org"),
        (MAIL, "ada@example.org, eve@example.org"),
        (MAIL, "Ada <ada@example.org>"),
        (MAIL, "a" * 260 + "@example.org"),
        (NTFY, "https://ntfy.example.org/"),
        (NTFY, "https://ntfy.example.org/a/b"),
        (NTFY, "https://ntfy.example.org/topic?auth=x"),
        (SLACK, "ftp://hooks.example.org/x"),
        (SLACK, "file:///etc/passwd"),
        (HOOK, "https://user:pass@hooks.example.org/x"),
        (HOOK, "https://hooks.example.org/x#part"),
        (HOOK, "https://"),
        (HOOK, "https://hooks.example.org:99999/"),
        (HOOK, "https://[::1/"),
        (HOOK, "https://hooks.example.org/\n"),
        (HOOK, "https://ho\x00oks.example.org/"),
        (HOOK, "https://hooks.example.org/" + "x" * 2000),
    ],
)
def test_what_leads_nowhere_is_refused_without_being_repeated(kind: ReceiverKind, to: str) -> None:
    with pytest.raises(Invalid) as refused:
        receiving.shown(kind, to)
    assert refused.value.field == "to"
    assert kind is MAIL or "pass" not in str(refused.value)


@pytest.mark.parametrize("secret", ["", "x", "whsec_", "whsec_!!", "whsec_" + base64.b64encode(b"x" * 65).decode()])
def test_a_weak_or_odd_signing_secret_is_refused(secret: str) -> None:
    with pytest.raises(Invalid, match="whsec_"):
        receiving.signing_secret(secret)


@pytest.mark.parametrize(
    ("check", "field"),
    [
        (lambda: receiving.name("My phone"), "name"),
        (lambda: receiving.kind("pigeon"), "kind"),
        (lambda: receiving.topics(["job.*", "jobs"]), "topics"),
        (lambda: receiving.topics(["trial"]), "topics"),
        (lambda: receiving.topics(["job.*"] * 31), "topics"),
        (lambda: receiving.quiet("22-7", "UTC"), "quiet"),
        (lambda: receiving.quiet("00:00-24:00", "UTC"), "quiet"),
        (lambda: receiving.quiet("22:00-07:00", "Mars/Crater"), "time_zone"),
        (lambda: receiving.digest_minutes(-1), "digest_minutes"),
        (lambda: receiving.digest_minutes(10**9), "digest_minutes"),
        (lambda: receiving.header("token", "a\r\nb"), "token"),
    ],
)
def test_a_refusal_names_the_field(check: Callable[[], object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check()
    assert refused.value.field == field


def test_topics_are_kept_once_and_empty_quiet_hours_are_none() -> None:
    assert receiving.topics(["job.*", "worker.offline", "job.*"]) == ("job.*", "worker.offline")
    assert receiving.quiet("  ", "UTC") is None
    assert receiving.quiet("22:00-07:00", "UTC") == "22:00-07:00"
