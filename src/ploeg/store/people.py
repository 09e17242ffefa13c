"""Users and their tokens."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from ploeg.domain.access import Token, User
from ploeg.domain.ids import TokenId, UserId
from ploeg.store.rows import Shape
from ploeg.store.tables.people import tokens, users

if TYPE_CHECKING:
    from ploeg.store.transaction import Transaction

USER = Shape(User, users, "user")
TOKEN = Shape(Token, tokens, "token")

_NAMED = USER.select.where(users.c.username == bindparam("username"))
_BY_HASH = (
    select(*TOKEN.columns, *USER.columns)
    .join_from(tokens, users)
    .where(tokens.c.secret_sha256 == bindparam("secret_sha256"))
)
_OF_USER = TOKEN.select.where(tokens.c.user_id == bindparam("user_id")).order_by(tokens.c.created_at, tokens.c.id)
_REVOKE = update(tokens).where(tokens.c.id == bindparam("token"), tokens.c.revoked_at.is_(None))
_TOUCH = update(tokens).where(tokens.c.id == bindparam("token"))


class People:
    """Who may ask. A token's secret is never here, only its SHA-256."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add_user(self, user: User) -> None:
        """`Conflict` when the name is taken."""
        USER.add(self._tx, user)

    def update_user(self, user: User) -> None:
        USER.update(self._tx, user)

    def user(self, user_id: UserId) -> User | None:
        return USER.get(self._tx, user_id)

    def user_named(self, username: str) -> User | None:
        return USER.one(self._tx, _NAMED, username=username)

    def users(self) -> list[User]:
        """Everybody, by name."""
        return sorted(USER.all(self._tx, USER.select), key=lambda user: user.username)

    def add_token(self, token: Token, secret_sha256: str) -> None:
        TOKEN.add(self._tx, token, secret_sha256=secret_sha256)

    def token(self, token_id: TokenId) -> Token | None:
        return TOKEN.get(self._tx, token_id)

    def token_by_hash(self, secret_sha256: str) -> tuple[Token, User] | None:
        """The token of that secret, usable or not, and whose it is."""
        row = self._tx.connection.execute(_BY_HASH, {"secret_sha256": secret_sha256}).first()
        if row is None:
            return None
        width = len(TOKEN.columns)
        return TOKEN.record(row[:width]), USER.record(row[width:])

    def tokens_of(self, user_id: UserId) -> list[Token]:
        """All of them, oldest first, the revoked ones too."""
        return TOKEN.all(self._tx, _OF_USER, user_id=user_id)

    def revoke_token(self, token_id: TokenId, at: datetime) -> None:
        """The first revocation stands."""
        self._tx.connection.execute(_REVOKE, {"token": token_id, "revoked_at": at})

    def touch_token(self, token_id: TokenId, at: datetime) -> None:
        self._tx.connection.execute(_TOUCH, {"token": token_id, "last_used_at": at})
