"""A mail address, through the mail server that the installation's file names."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import TYPE_CHECKING, Literal

from ploeg.domain.delivery import Trouble
from ploeg.domain.notice import Message, Urgency
from ploeg.domain.receiving import Target
from ploeg.notify.base import NotifyError

if TYPE_CHECKING:
    import smtplib

SECONDS = 20.0
_SIGN_IN_WANTED = 530


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    host: str
    sender: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)


async def send(server: MailServer | None, target: Target, message: Message) -> None:
    if server is None:
        raise NotifyError(Trouble.NO_CREDENTIALS, "there is no [mail] in the setting notices_file, so no mail is sent")
    await asyncio.to_thread(_send, server, written(server.sender, target.to, message))


def written(sender: str, to: str, message: Message) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = f"[Ploeg] {message.title}"
    mail["Date"] = message.at
    mail["Message-ID"] = f"<{message.id}@ploeg>"
    mail["Auto-Submitted"] = "auto-generated"
    if message.urgency is Urgency.HIGH:
        mail["X-Priority"] = "2"
    mail.set_content("\n\n".join(part for part in (message.text or message.title, message.link) if part))
    return mail


def _send(server: MailServer, mail: EmailMessage) -> None:
    import smtplib
    import ssl

    try:
        with _connected(server) as connection:
            if server.security == "starttls":
                connection.starttls(context=ssl.create_default_context())
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(mail)
    except smtplib.SMTPAuthenticationError as error:
        raise NotifyError(Trouble.NO_CREDENTIALS, f"{server.host} refused the sign-in ({error.smtp_code})") from None
    except UnicodeEncodeError:  # its text holds what could not be encoded
        reason = f"{server.host} takes a user and a password of ASCII characters alone"
        raise NotifyError(Trouble.NO_CREDENTIALS, reason) from None
    except smtplib.SMTPRecipientsRefused:
        raise NotifyError(Trouble.REFUSED, f"{server.host} does not take mail for that address") from None
    except smtplib.SMTPResponseException as error:
        passing = Trouble.UNREACHABLE if error.smtp_code < 500 else Trouble.REFUSED
        trouble = Trouble.NO_CREDENTIALS if error.smtp_code == _SIGN_IN_WANTED else passing
        raise NotifyError(trouble, f"{server.host} answered {error.smtp_code}") from None
    except (OSError, smtplib.SMTPException) as error:
        reason = f"{server.host}:{server.port} does not work ({type(error).__name__})"
        raise NotifyError(Trouble.UNREACHABLE, reason) from None


def _connected(server: MailServer) -> smtplib.SMTP:
    import smtplib
    import ssl

    if server.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context)
    return smtplib.SMTP(server.host, server.port, timeout=SECONDS)
