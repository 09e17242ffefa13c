"""Accounts and tokens."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from ploeg.domain.access import Role, Scope, TokenKind
from ploeg.wire.base import Reply, Request, Whole


class UserOut(Reply):
    id: str
    username: str
    is_admin: bool
    created_at: datetime | None
    min_quota_pct: int = Field(description="Per cent of every quota window that the user's workers leave to the user.")


class UserIn(Request):
    username: str
    is_admin: bool = False


class OwnEdit(Request):
    min_quota_pct: Whole = Field(description="0 to 100.")


class TokenOut(Reply):
    id: str
    kind: TokenKind
    label: str
    scopes: list[Scope]
    hint: str = Field(description="The secret's first characters, to recognise it by.")
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class NewTokenOut(TokenOut):
    secret: str = Field(description="Shown this once.")


class TokenIn(Request):
    label: str
    kind: str = "personal"
    scopes: list[str] | None = Field(default=None, max_length=10)
    expires_in_days: Whole | None = None
    user: str | None = Field(default=None, description="For whom; administrators only. Default: the caller.")


class ServerVersionOut(Reply):
    version: str


class WhoAmIOut(Reply):
    user: UserOut
    token: TokenOut
    server: ServerVersionOut


class MemberOut(Reply):
    user_id: str
    username: str
    role: Role


class MemberIn(Request):
    role: str
