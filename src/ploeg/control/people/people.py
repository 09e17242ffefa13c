"""Accounts and their tokens: who is asking, and how somebody comes to be known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from ploeg.control.docs.text import NAME_MAX, line
from ploeg.control.people import tokens
from ploeg.domain.access import ALLOWED_SCOPES, Principal, Scope, Token, TokenKind, User
from ploeg.domain.errors import Conflict, Denied, Invalid, NotFound, Unauthenticated
from ploeg.domain.ids import TokenId, UserId
from ploeg.store.ids import new_id
from ploeg.store.transaction import Transaction

USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
#: `last_used_at` is written at most this often.
TOUCH_EVERY = timedelta(minutes=1)
LONGEST_LIFE_DAYS = 3650


@dataclass(frozen=True, slots=True)
class SignIn:
    """The secrets of the account that signs this machine's own command and worker in."""

    token: str
    worker_token: str


@dataclass(frozen=True, slots=True)
class NewToken:
    token: Token
    #: Shown this once; never stored.
    secret: str


def known(tx: Transaction, secret: str) -> tuple[Token, User]:
    """The usable token of that secret, and whose it is; `Unauthenticated` says why there is none."""
    if tokens.kind_of(secret) is None:
        raise Unauthenticated("that is no token of Ploeg's")
    found = tx.people.token_by_hash(tokens.digest(secret))
    if found is None:
        raise Unauthenticated("this server does not know that token")
    token, _ = found
    if not token.usable(tx.now):
        raise Unauthenticated("that token was revoked" if token.revoked_at else "that token has expired")
    return found


def person(tx: Transaction, secret: str) -> Principal:
    """The person who carries that token; `Denied` for a worker's."""
    token, user = known(tx, secret)
    if token.kind is not TokenKind.PERSONAL:
        raise Denied("a worker's token opens only /api/v1/work; use a personal one here")
    return _principal(token, user)


def worker(tx: Transaction, secret: str) -> Principal:
    """The worker that carries that token; `Denied` for a personal one."""
    return _worker(*known(tx, secret))


def worker_at_work(tx: Transaction, secret: str) -> Principal:
    """As `worker`, and remembers that the token was used: needs a transaction that writes."""
    token, user = known(tx, secret)
    caller = _worker(token, user)
    if stale(tx, token):
        tx.people.touch_token(token.id, tx.now)
    return caller


def stale(tx: Transaction, token: Token) -> bool:
    """Its last use was written long enough ago to be written again."""
    return token.last_used_at is None or tx.now - token.last_used_at >= TOUCH_EVERY


def sign_in_this_machine(tx: Transaction, username: str) -> SignIn:
    """Tokens for the machine's own command and worker; makes the administrator's account if there is none."""
    user = tx.people.user_named(username)
    if user is None:
        user = _add_user(tx, username, is_admin=True)
    personal = _issue(
        tx, user, TokenKind.PERSONAL, f"{username} on the server's machine", ALLOWED_SCOPES[TokenKind.PERSONAL]
    )
    worker = _issue(tx, user, TokenKind.WORKER, "worker on the server's machine", ALLOWED_SCOPES[TokenKind.WORKER])
    return SignIn(personal.secret, worker.secret)


def acting_for(tx: Transaction, user_id: UserId) -> Principal:
    """For what goes on in somebody's name while they are away: with the rights that they have now, and no more."""
    user = tx.people.user(user_id)
    if user is None:
        raise NotFound("user", user_id)
    scopes = frozenset({Scope.READ, Scope.WRITE})
    return Principal(user=user, token_id=TokenId(""), token_kind=TokenKind.PERSONAL, scopes=scopes)


def users(tx: Transaction, actor: Principal) -> list[User]:
    actor.require(Scope.ADMIN)
    return tx.people.users()


def add_user(tx: Transaction, actor: Principal, username: str, *, is_admin: bool = False) -> User:
    actor.require(Scope.ADMIN)
    if tx.people.user_named(username) is not None:
        raise Conflict(f"there is a user {username} already")
    user = _add_user(tx, username, is_admin=is_admin)
    tx.events.add("user.added", user_id=user.id, actor=actor.name, data={"username": username})
    return user


def set_quota_floor(tx: Transaction, actor: Principal, min_quota_pct: int) -> User:
    """The caller's workers leave that much of every quota window to the caller: per cent, 0 for nothing."""
    actor.require(Scope.WRITE)
    if not 0 <= min_quota_pct <= 100:
        raise Invalid("min_quota_pct", min_quota_pct, "give 0 to 100 per cent")
    known = tx.people.user(actor.user.id)
    if known is None:
        raise NotFound("user", actor.user.id)
    user = replace(known, min_quota_pct=min_quota_pct)
    if user != known:
        tx.people.update_user(user)
        tx.events.add("user.changed", user_id=user.id, actor=actor.name, data={"min_quota_pct": min_quota_pct})
    return user


def tokens_of(tx: Transaction, actor: Principal) -> list[Token]:
    """The caller's own tokens, newest first."""
    actor.require(Scope.READ)
    return sorted(tx.people.tokens_of(actor.user.id), key=lambda token: token.created_at, reverse=True)


def own_token(tx: Transaction, actor: Principal) -> Token:
    """The token that the caller came with."""
    actor.require(Scope.READ)
    token = tx.people.token(actor.token_id)
    if token is None:
        raise NotFound("token", actor.token_id)
    return token


def make_token(
    tx: Transaction,
    actor: Principal,
    label: str,
    *,
    kind: str = TokenKind.PERSONAL,
    scopes: Iterable[str] | None = None,
    expires_in_days: int | None = None,
    username: str | None = None,
) -> NewToken:
    """A new token for the caller, or for another user if an administrator asks. It never widens the caller's scopes."""
    actor.require(Scope.WRITE)
    wanted_kind = _kind(kind)
    user = _holder(tx, actor, username)
    wanted = _scopes(wanted_kind, scopes, user)
    if wanted_kind is TokenKind.PERSONAL and not wanted <= actor.scopes:
        raise Denied(f"this token has only {', '.join(sorted(actor.scopes))}; it cannot make one that has more")
    made = _issue(tx, user, wanted_kind, line("label", label, NAME_MAX), wanted, _life(expires_in_days))
    tx.events.add("token.made", user_id=user.id, actor=actor.name, data=_told(made.token))
    return made


def revoke_token(tx: Transaction, actor: Principal, token_id: str) -> Token:
    """That token opens nothing from now on. Again: no change."""
    actor.require(Scope.WRITE)
    token = tx.people.token(TokenId(token_id)) if re.fullmatch(r"\w{1,80}", token_id, re.ASCII) else None
    if token is None or (token.user_id != actor.user.id and not _administers(actor)):
        raise NotFound("token", token_id)
    if token.revoked_at is not None:
        return token
    tx.people.revoke_token(token.id, tx.now)
    tx.events.add("token.revoked", user_id=token.user_id, actor=actor.name, data=_told(token))
    return replace(token, revoked_at=tx.now)


def _principal(token: Token, user: User) -> Principal:
    return Principal(user=user, token_id=token.id, token_kind=token.kind, scopes=token.scopes)


def _worker(token: Token, user: User) -> Principal:
    if token.kind is not TokenKind.WORKER:
        raise Denied("this door opens for a worker's token only; make one with `ploeg token create --kind worker`")
    caller = _principal(token, user)
    caller.require(Scope.WORK)
    return caller


def _add_user(tx: Transaction, username: str, *, is_admin: bool) -> User:
    if not USERNAME.fullmatch(username):
        raise Invalid("username", username, "use small letters, digits, dot, dash and underscore, at most 40")
    user = User(id=UserId(new_id("usr")), username=username, is_admin=is_admin, created_at=tx.now)
    tx.people.add_user(user)
    return user


def _issue(
    tx: Transaction, user: User, kind: TokenKind, label: str, scopes: frozenset[Scope], life: timedelta | None = None
) -> NewToken:
    secret = tokens.mint(kind)
    token = Token(
        id=TokenId(new_id("tok")),
        user_id=user.id,
        kind=kind,
        label=label,
        scopes=scopes,
        hint=tokens.hint(secret),
        created_at=tx.now,
        expires_at=None if life is None else tx.now + life,
    )
    tx.people.add_token(token, tokens.digest(secret))
    return NewToken(token, secret)


def _holder(tx: Transaction, actor: Principal, username: str | None) -> User:
    if username is None or username == actor.user.username:
        return actor.user
    actor.require(Scope.ADMIN)
    user = tx.people.user_named(username)
    if user is None:
        raise NotFound("user", username)
    return user


def _kind(kind: str) -> TokenKind:
    try:
        return TokenKind(kind)
    except ValueError:
        raise Invalid("kind", kind, f"use {' or '.join(TokenKind)}") from None


def _scopes(kind: TokenKind, scopes: Iterable[str] | None, user: User) -> frozenset[Scope]:
    allowed = ALLOWED_SCOPES[kind]
    if scopes is None:
        return allowed if user.is_admin else allowed - {Scope.ADMIN}
    try:
        wanted = frozenset(Scope(scope) for scope in scopes)
    except ValueError as error:
        raise Invalid("scopes", str(error), f"use some of {', '.join(sorted(allowed))}") from None
    if not wanted or not wanted <= allowed:
        raise Invalid("scopes", sorted(wanted), f"a {kind} token can have {', '.join(sorted(allowed))}")
    return wanted


def _life(days: int | None) -> timedelta | None:
    if days is None:
        return None
    if not 1 <= days <= LONGEST_LIFE_DAYS:
        raise Invalid("expires_in_days", days, f"give 1 to {LONGEST_LIFE_DAYS} days, or leave it out")
    return timedelta(days=days)


def _administers(actor: Principal) -> bool:
    return actor.user.is_admin and Scope.ADMIN in actor.scopes


def _told(token: Token) -> dict[str, str]:
    return {"token_id": token.id, "label": token.label, "kind": token.kind}
