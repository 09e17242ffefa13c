"""Mail goes out through a real mail server, and every refusal of one is folded into few words."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope

from ploeg.domain.delivery import Trouble
from ploeg.domain.notice import ReceiverKind
from ploeg.domain.receiving import Target
from ploeg.notify.base import NotifyError
from ploeg.notify.mail import MailServer, written
from ploeg.notify.senders import Senders
from tests.notify.conftest import message

pytestmark = pytest.mark.anyio

ADA = Target(to="ada@example.org")


@dataclass
class Box:
    port: int = 0
    answer: str = "250 OK"
    rcpt_answer: str = "250 OK"
    mails: list[Envelope] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, server: Any, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.rcpt_answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(envelope)
        return self.answer

    def read(self) -> EmailMessage:
        (envelope,) = self.mails
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        return mail


@asynccontextmanager
async def mail_server(password: str | None = None) -> AsyncIterator[Box]:
    box = Box()

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == (password or "").encode(), handled=False)

    def connection() -> SMTP:
        required = password is not None
        return SMTP(box, authenticator=authenticate, auth_required=required, auth_require_tls=False)

    serving = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0)
    box.port = serving.sockets[0].getsockname()[1]
    async with serving:
        yield box


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    async with mail_server() as serving:
        yield serving


def senders(port: int, **fields: Any) -> Senders:
    given = {"host": "127.0.0.1", "sender": "Ploeg <ploeg@example.org>", "security": "none", "port": port}
    return Senders(MailServer(**{**given, **fields}), [])


async def test_a_mail_says_what_it_is_about_and_that_no_person_wrote_it(box: Box) -> None:
    await senders(box.port).send(ReceiverKind.MAIL, ADA, message(), trusted=False)
    mail = box.read()
    assert (box.mails[0].rcpt_tos, mail["To"], mail["From"]) == (
        ["ada@example.org"],
        "ada@example.org",
        "Ploeg <ploeg@example.org>",
    )
    assert mail["Subject"] == "[Ploeg] J-1 (T-1: Groet de wereld ✓) failed"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == f"<{message().id}@ploeg>"
    assert mail.get_content().splitlines() == [
        "<!channel> it broke & <https://evil.example|that> is why",
        "",
        "https://git.example.org/pulls/1",
    ]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
async def test_a_mail_server_that_wants_a_sign_in_gets_it_and_says_when_it_is_wrong() -> None:
    async with mail_server(password="open sesame") as box:
        right = senders(box.port, user="ploeg", password="open sesame")
        await right.send(ReceiverKind.MAIL, ADA, message(), trusted=False)
        assert len(box.mails) == 1
        for wrong in (senders(box.port), senders(box.port, user="ploeg", password="guess")):
            with pytest.raises(NotifyError) as failed:
                await wrong.send(ReceiverKind.MAIL, ADA, message(), trusted=False)
            assert "guess" not in failed.value.reason
            assert failed.value.trouble is Trouble.NO_CREDENTIALS


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
async def test_a_password_that_mail_s_sign_in_cannot_carry_is_said_without_showing_it() -> None:
    async with mail_server(password="open sesame") as box:
        with pytest.raises(NotifyError, match="ASCII") as failed:
            await senders(box.port, user="ploeg", password="geheim-ü").send(
                ReceiverKind.MAIL, ADA, message(), trusted=False
            )
    assert (failed.value.trouble, "geheim" in failed.value.reason) == (Trouble.NO_CREDENTIALS, False)


@pytest.mark.parametrize(
    ("answer", "rcpt_answer", "trouble"),
    [
        ("552 mailbox full", "250 OK", Trouble.REFUSED),
        ("451 later", "250 OK", Trouble.UNREACHABLE),
        ("250 OK", "550 nobody of that name", Trouble.REFUSED),
    ],
)
async def test_what_a_mail_server_answers_is_folded_into_few_words(
    box: Box, answer: str, rcpt_answer: str, trouble: Trouble
) -> None:
    box.answer, box.rcpt_answer = answer, rcpt_answer
    with pytest.raises(NotifyError) as failed:
        await senders(box.port).send(ReceiverKind.MAIL, ADA, message(), trusted=False)
    assert failed.value.trouble is trouble


async def test_a_server_without_encryption_is_not_spoken_to_in_the_clear_unless_told_so(box: Box) -> None:
    with pytest.raises(NotifyError) as failed:
        await senders(box.port, security="starttls", user="ploeg", password="open sesame").send(
            ReceiverKind.MAIL, ADA, message(), trusted=False
        )
    assert (failed.value.trouble, box.mails) == (Trouble.UNREACHABLE, [])


async def test_without_a_mail_server_mail_says_what_is_missing() -> None:
    with pytest.raises(NotifyError, match="notices_file"):
        await Senders(None, []).send(ReceiverKind.MAIL, ADA, message(), trusted=False)


def test_a_title_cannot_add_headers() -> None:
    with pytest.raises(ValueError, match="linefeed"):
        written("p@example.org", "a@example.org", message(title="Hello\r\nBcc: all@example.org"))
