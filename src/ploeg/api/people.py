"""Accounts and tokens."""

from __future__ import annotations

from fastapi import APIRouter

from ploeg import __version__
from ploeg.api.access import Caller, Plane
from ploeg.control.people import people
from ploeg.domain.access import Token
from ploeg.wire.base import Items
from ploeg.wire.people import NewTokenOut, OwnEdit, ServerVersionOut, TokenIn, TokenOut, UserIn, UserOut, WhoAmIOut

router = APIRouter(tags=["people"])


@router.get("/whoami")
async def who_am_i(plane: Plane, caller: Caller) -> WhoAmIOut:
    """The caller, and what its token allows."""
    token = await plane.read(people.own_token, caller)
    return WhoAmIOut(
        user=UserOut.model_validate(caller.user),
        token=_token(token),
        server=ServerVersionOut(version=__version__),
    )


@router.patch("/me")
async def edit_own_account(plane: Plane, caller: Caller, wish: OwnEdit) -> UserOut:
    """Changes the caller's own account."""
    return UserOut.model_validate(await plane.write(people.set_quota_floor, caller, wish.min_quota_pct))


@router.get("/users")
async def list_users(plane: Plane, caller: Caller) -> Items[UserOut]:
    """Everybody; for administrators."""
    return Items(items=[UserOut.model_validate(user) for user in await plane.read(people.users, caller)])


@router.post("/users", status_code=201)
async def add_user(plane: Plane, caller: Caller, wish: UserIn) -> UserOut:
    """A new account; for administrators."""
    user = await plane.write(people.add_user, caller, wish.username, is_admin=wish.is_admin)
    return UserOut.model_validate(user)


@router.get("/tokens")
async def list_tokens(plane: Plane, caller: Caller) -> Items[TokenOut]:
    """The caller's own tokens, newest first."""
    return Items(items=[_token(token) for token in await plane.read(people.tokens_of, caller)])


@router.post("/tokens", status_code=201)
async def make_token(plane: Plane, caller: Caller, wish: TokenIn) -> NewTokenOut:
    """A new token. The answer holds its secret, this once."""
    made = await plane.write(
        people.make_token,
        caller,
        wish.label,
        kind=wish.kind,
        scopes=wish.scopes,
        expires_in_days=wish.expires_in_days,
        username=wish.user,
    )
    return NewTokenOut(**_token(made.token).model_dump(), secret=made.secret)


@router.delete("/tokens/{token_id}")
async def revoke_token(plane: Plane, caller: Caller, token_id: str) -> TokenOut:
    """The token opens nothing from now on."""
    return _token(await plane.write(people.revoke_token, caller, token_id))


def _token(token: Token) -> TokenOut:
    out = TokenOut.model_validate(token)
    out.scopes.sort()
    return out
