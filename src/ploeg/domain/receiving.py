"""What a receiver may be told to be: where it leads, what it asks for, and when."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import SplitResult, urlsplit

from ploeg.domain.errors import Invalid
from ploeg.domain.hours import ActiveHours, zone_named
from ploeg.domain.notice import ReceiverKind, Topic

URL_MAX = 2000
TOPICS_MAX = 30
DIGEST_MAX = 7 * 24 * 60

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_MAIL = re.compile(r"[A-Za-z0-9._%+/=~^-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_NTFY_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VISIBLE = re.compile(r"[!-~]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What it takes to reach a receiver. Nothing of it is ever shown or logged."""

    #: A URL, or a mail address.
    to: str = field(repr=False)
    #: What the far end wants to see.
    token: str = field(default="", repr=False)
    #: What a webhook is signed with.
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A receiver as somebody describes it; every part was checked."""

    name: str
    kind: ReceiverKind
    shown: str
    topics: tuple[str, ...]
    quiet: str | None
    time_zone: str
    digest_minutes: int
    only_mine: bool = False


def name(said: str) -> str:
    if not _NAME.fullmatch(said):
        raise Invalid("name", said, "use small letters, digits and dashes, at most 40")
    return said


def kind(said: str) -> ReceiverKind:
    try:
        return ReceiverKind(said)
    except ValueError:
        raise Invalid("kind", said, f"use one of {', '.join(ReceiverKind)}") from None


def shown(kind: ReceiverKind, to: str) -> str:
    """Checks where a receiver leads; that, without what is secret of it."""
    match kind:
        case ReceiverKind.MAIL:
            if not _MAIL.fullmatch(to) or len(to) > 254:
                raise Invalid("to", to, "give one mail address")
            return to
        case ReceiverKind.NTFY:
            parts = _url(to)
            if not _NTFY_TOPIC.fullmatch(parts.path.strip("/")) or parts.query:
                raise Invalid("to", _origin(parts), "give the URL of a topic, e.g. https://ntfy.example.org/ploeg")
            # Who knows a topic may read and write it.
            return f"{_origin(parts)}/{parts.path.strip('/')[:3]}…"
        case ReceiverKind.SLACK | ReceiverKind.WEBHOOK:
            return _origin(_url(to))
        case ReceiverKind.APPRISE:
            return to.partition("://")[0] + "://…"


def header(field: str, said: str) -> str:
    """A token fit for an HTTP header. The refusal does not repeat it."""
    if len(said) > URL_MAX or not _VISIBLE.fullmatch(said):
        raise Invalid(field, "…", "use visible ASCII characters")
    return said


def signing_secret(said: str) -> str:
    """`whsec_` and base64 of 24 to 64 bytes. The refusal does not repeat it."""
    remedy = "give whsec_ and base64 of 24 to 64 bytes, e.g. of `openssl rand -base64 32`"
    try:
        key = base64.b64decode(said.removeprefix("whsec_"), validate=True)
    except ValueError:
        raise Invalid("secret", "…", remedy) from None
    if not said.startswith("whsec_") or not 24 <= len(key) <= 64:
        raise Invalid("secret", "…", remedy)
    return said


def topics(said: Sequence[str]) -> tuple[str, ...]:
    """Names of topics, and patterns such as `worker.*`; each must fit some topic."""
    if len(said) > TOPICS_MAX:
        raise Invalid("topics", f"{len(said)} names", f"give at most {TOPICS_MAX}")
    known = [topic for topic in Topic if topic is not Topic.TRIAL]
    for each in said:
        if not any(fnmatchcase(topic, each) for topic in known):
            raise Invalid("topics", each, f"use some of {', '.join(known)}, or patterns such as worker.*")
    return tuple(dict.fromkeys(said))


def quiet(said: str | None, time_zone: str) -> str | None:
    """Windows in which nothing is sent; empty is None."""
    zone_named(time_zone)
    if not said or not said.strip():
        return None
    try:
        return ActiveHours.of(said, time_zone).windows
    except Invalid as error:
        raise Invalid("quiet", said, error.remedy) from None


def digest_minutes(said: int) -> int:
    if not 0 <= said <= DIGEST_MAX:
        raise Invalid("digest_minutes", said, f"give 0 to {DIGEST_MAX}")
    return said


def _url(to: str) -> SplitResult:
    remedy = "give an https URL without a user name in it"
    if len(to) > URL_MAX or not _VISIBLE.fullmatch(to):
        raise Invalid("to", "…", remedy)
    try:
        parts = urlsplit(to)
        sound = parts.scheme in {"https", "http"} and parts.hostname and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.fragment:
        raise Invalid("to", "…", remedy)
    return parts


def _origin(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}"
