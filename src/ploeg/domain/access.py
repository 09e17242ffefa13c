"""Who is asking, and what they may do. Refusals are `Denied`; what is not yours is `NotFound`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ploeg.domain.errors import Denied
from ploeg.domain.ids import TokenId, UserId


class TokenKind(StrEnum):
    PERSONAL = "personal"
    WORKER = "worker"


class Scope(StrEnum):
    """What a token may be used for. A token never allows more than its user may do."""

    READ = "read"
    WRITE = "write"
    #: Claim and report jobs.
    WORK = "work"
    #: People, tokens of others, the installation.
    ADMIN = "admin"


class Role(StrEnum):
    """A person's place in a product."""

    OWNER = "owner"
    MEMBER = "member"
    VIEWER = "viewer"

    @property
    def writes(self) -> bool:
        return self is not Role.VIEWER


#: The scopes that a token of each kind may carry at all.
ALLOWED_SCOPES: dict[TokenKind, frozenset[Scope]] = {
    TokenKind.PERSONAL: frozenset({Scope.READ, Scope.WRITE, Scope.ADMIN}),
    TokenKind.WORKER: frozenset({Scope.WORK}),
}


#: What somebody who said nothing keeps of a quota window, in per cent.
MIN_QUOTA_PCT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    id: UserId
    username: str
    is_admin: bool = False
    is_demo: bool = False
    created_at: datetime | None = None
    #: Per cent of every quota window that the user's workers leave to the user; 0: nothing.
    min_quota_pct: int = MIN_QUOTA_PCT


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as stored: never its secret, only that secret's SHA-256."""

    id: TokenId
    user_id: UserId
    kind: TokenKind
    label: str
    scopes: frozenset[Scope]
    #: The first characters of the secret, to recognise it by.
    hint: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def usable(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The caller of one request."""

    user: User
    token_id: TokenId
    token_kind: TokenKind
    scopes: frozenset[Scope]

    @property
    def name(self) -> str:
        """How events name who did something."""
        return f"user:{self.user.username}"

    def require(self, scope: Scope) -> None:
        """`Denied` unless the token carries that scope and its user may use it."""
        if scope not in self.scopes:
            raise Denied(f"this token has no «{scope}» scope; make one with `ploeg token create`")
        if scope is Scope.ADMIN and not self.user.is_admin:
            raise Denied("only an administrator may do this")
        if scope is not Scope.READ and self.user.is_demo:
            raise Denied("the demo account may look, not touch")
