from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ploeg.domain.access import Scope, TokenKind
from ploeg.domain.errors import Conflict
from ploeg.domain.ids import TokenId, UserId
from ploeg.store.store import Store
from tests.store.installation import START, token, user


def test_users_are_found_by_id_and_name(store: Store) -> None:
    bob, ada = user(username="bob", is_admin=True), user(username="ada", is_demo=True, created_at=None)
    store.write_blocking(lambda tx: [tx.people.add_user(person) for person in (bob, ada)])
    assert store.read_blocking(lambda tx: tx.people.user(bob.id)) == bob
    assert store.read_blocking(lambda tx: tx.people.user_named("ada")) == ada
    assert store.read_blocking(lambda tx: tx.people.users()) == [ada, bob]


def test_a_user_changes(store: Store) -> None:
    ada = user()
    store.write_blocking(lambda tx: tx.people.add_user(ada))
    changed = replace(ada, min_quota_pct=35)
    store.write_blocking(lambda tx: tx.people.update_user(changed))
    assert store.read_blocking(lambda tx: tx.people.user(ada.id)) == changed


def test_who_is_not_there_is_none(store: Store) -> None:
    assert store.read_blocking(lambda tx: tx.people.user(UserId("usr_x"))) is None
    assert store.read_blocking(lambda tx: tx.people.user_named("x")) is None
    assert store.read_blocking(lambda tx: tx.people.token(TokenId("tok_x"))) is None
    assert store.read_blocking(lambda tx: tx.people.token_by_hash("x")) is None


def test_a_token_is_found_by_its_hash_together_with_its_user(store: Store) -> None:
    ada = user()
    own = token(ada, kind=TokenKind.PERSONAL, scopes=frozenset({Scope.READ, Scope.WRITE}), expires_at=START)
    store.write_blocking(lambda tx: [tx.people.add_user(ada), tx.people.add_token(own, "hash")])
    assert store.read_blocking(lambda tx: tx.people.token_by_hash("hash")) == (own, ada)
    assert store.read_blocking(lambda tx: tx.people.token(own.id)) == own


def test_a_hash_belongs_to_one_token(store: Store) -> None:
    ada = user()
    store.write_blocking(lambda tx: [tx.people.add_user(ada), tx.people.add_token(token(ada), "hash")])
    with pytest.raises(Conflict):
        store.write_blocking(lambda tx: tx.people.add_token(token(ada), "hash"))


def test_a_users_tokens_are_listed_by_age_with_the_revoked_ones(store: Store) -> None:
    ada, bob = user(), user()
    newer, older = token(ada, created_at=START + timedelta(days=1)), token(ada)
    store.write_blocking(lambda tx: [tx.people.add_user(person) for person in (ada, bob)])
    store.write_blocking(lambda tx: [tx.people.add_token(own, own.id) for own in (newer, older, token(bob))])
    store.write_blocking(lambda tx: tx.people.revoke_token(older.id, START))
    listed = store.read_blocking(lambda tx: tx.people.tokens_of(ada.id))
    assert [own.id for own in listed] == [older.id, newer.id]
    assert [own.revoked_at for own in listed] == [START, None]


def test_the_first_revocation_stands(store: Store) -> None:
    ada = user()
    own = token(ada)
    store.write_blocking(lambda tx: [tx.people.add_user(ada), tx.people.add_token(own, "hash")])
    for minutes in (1, 2):
        moment = START + timedelta(minutes=minutes)
        store.write_blocking(lambda tx, at=moment: tx.people.revoke_token(own.id, at))
        store.write_blocking(lambda tx, at=moment: tx.people.touch_token(own.id, at))
    found = store.read_blocking(lambda tx: tx.people.token(own.id))
    assert found is not None
    assert found.revoked_at == START + timedelta(minutes=1)
    assert found.last_used_at == START + timedelta(minutes=2)
