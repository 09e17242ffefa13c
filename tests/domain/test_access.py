"""What a token may be used for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ploeg.domain.access import ALLOWED_SCOPES, Role, Scope, TokenKind
from ploeg.domain.errors import Denied
from tests.domain.making import NOW, a_principal, a_token


@pytest.mark.parametrize("scope", Scope)
def test_a_token_without_a_scope_is_denied(scope: Scope) -> None:
    with pytest.raises(Denied, match=scope.value):
        a_principal(*(set(Scope) - {scope}), is_admin=True).require(scope)


@pytest.mark.parametrize("scope", Scope)
def test_an_administrators_token_with_a_scope_may_use_it(scope: Scope) -> None:
    a_principal(scope, is_admin=True).require(scope)


def test_a_token_never_allows_more_than_its_user_may_do() -> None:
    with pytest.raises(Denied, match="administrator"):
        a_principal(*Scope).require(Scope.ADMIN)


def test_the_demo_account_looks_and_changes_nothing() -> None:
    demo = a_principal(*Scope, is_demo=True, is_admin=True)
    demo.require(Scope.READ)
    for scope in (Scope.WRITE, Scope.WORK, Scope.ADMIN):
        with pytest.raises(Denied, match="look"):
            demo.require(scope)


def test_a_workers_token_only_works() -> None:
    assert ALLOWED_SCOPES[TokenKind.WORKER] == {Scope.WORK}
    assert Scope.WORK not in ALLOWED_SCOPES[TokenKind.PERSONAL]
    assert set(ALLOWED_SCOPES) == set(TokenKind)


def test_a_token_is_usable_until_it_expires_or_is_revoked() -> None:
    hour = timedelta(hours=1)
    assert a_token().usable(NOW)
    assert a_token(expires_at=NOW + hour).usable(NOW)
    assert not a_token(expires_at=NOW).usable(NOW)
    assert not a_token(revoked_at=NOW, expires_at=NOW + hour).usable(NOW)


def test_a_viewer_writes_nothing() -> None:
    assert {role for role in Role if role.writes} == {Role.OWNER, Role.MEMBER}
