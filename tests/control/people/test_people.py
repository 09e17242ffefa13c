from __future__ import annotations

import pytest

from ploeg.control.people import people, tokens
from ploeg.domain.access import Scope, TokenKind
from ploeg.domain.errors import Conflict, Denied, Invalid, NotFound, Unauthenticated
from tests.control.house import House


@pytest.mark.parametrize("kind", list(TokenKind))
def test_a_secret_names_its_kind_and_carries_256_random_bits(kind: TokenKind) -> None:
    secret = tokens.mint(kind)
    assert secret.startswith(tokens.PREFIXES[kind])
    assert tokens.kind_of(secret) is kind
    assert len({tokens.mint(kind) for _ in range(100)}) == 100


def test_a_mistyped_secret_is_told_from_a_revoked_one_without_the_database() -> None:
    secret = tokens.mint(TokenKind.PERSONAL)
    mistyped = secret[:20] + ("A" if secret[20] != "A" else "B") + secret[21:]
    assert tokens.kind_of(mistyped) is None
    assert tokens.kind_of(secret.replace("_usr_", "_wrk_")) is None
    assert tokens.kind_of("") is None


def test_secrets_are_blotted_out_of_text_wherever_they_stand() -> None:
    secret = tokens.mint(TokenKind.WORKER)
    assert secret not in tokens.without_secrets(f"x{secret}y and again {secret}")


def test_the_first_start_makes_an_administrator_with_both_tokens(house: House) -> None:
    assert house.admin.user.is_admin
    assert house.admin.scopes == {Scope.READ, Scope.WRITE, Scope.ADMIN}
    assert house.read(people.worker, house.worker_secret).scopes == {Scope.WORK}


def test_signing_this_machine_in_again_keeps_the_account(house: House) -> None:
    again = house.write(people.sign_in_this_machine, "admin")
    assert house.read(people.person, again.token).user.id == house.admin.user.id


def test_no_secret_is_stored(house: House) -> None:
    house.store.close()
    stored = b"".join(path.read_bytes() for path in house.folder.glob("ploeg.db*"))
    assert tokens.digest(house.secret).encode() in stored
    assert house.secret.encode() not in stored
    assert house.secret[15:].encode() not in stored


@pytest.mark.parametrize(
    "secret", ["", "ploeg_usr_", "x" * 59, tokens.mint(TokenKind.PERSONAL), "ploeg_usr_\x00é"], ids=range(5)
)
def test_an_unknown_token_opens_nothing(house: House, secret: str) -> None:
    with pytest.raises(Unauthenticated):
        house.read(people.person, secret)


def test_an_expired_token_opens_nothing(house: House) -> None:
    made = house.write(people.make_token, house.admin, "short", expires_in_days=1)
    house.clock.turn(days=1)
    with pytest.raises(Unauthenticated, match="expired"):
        house.read(people.person, made.secret)


def test_a_revoked_token_opens_nothing_from_then_on(house: House) -> None:
    made = house.write(people.make_token, house.admin, "lost")
    house.write(people.revoke_token, house.admin, made.token.id)
    with pytest.raises(Unauthenticated, match="revoked"):
        house.read(people.person, made.secret)


def test_revoking_twice_changes_nothing(house: House) -> None:
    made = house.write(people.make_token, house.admin, "lost")
    first = house.write(people.revoke_token, house.admin, made.token.id)
    house.clock.turn(minutes=1)
    assert house.write(people.revoke_token, house.admin, made.token.id).revoked_at == first.revoked_at


def test_each_kind_of_token_opens_only_its_own_doors(house: House) -> None:
    with pytest.raises(Denied):
        house.read(people.person, house.worker_secret)
    with pytest.raises(Denied):
        house.read(people.worker, house.secret)


def test_a_token_never_has_more_scopes_than_the_one_that_made_it(house: House) -> None:
    narrow = house.write(people.make_token, house.admin, "narrow", scopes=["read", "write"])
    actor = house.read(people.person, narrow.secret)
    with pytest.raises(Denied):
        house.write(people.make_token, actor, "wide", scopes=["admin"])


def test_a_token_without_the_write_scope_makes_none(house: House) -> None:
    made = house.write(people.make_token, house.admin, "reader", scopes=["read"])
    with pytest.raises(Denied):
        house.write(people.make_token, house.read(people.person, made.secret), "another")


@pytest.mark.parametrize(
    ("kind", "scopes"), [("personal", ["work"]), ("worker", ["read"]), ("personal", []), ("personal", ["everything"])]
)
def test_scopes_that_a_kind_cannot_have_are_refused(house: House, kind: str, scopes: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        house.write(people.make_token, house.admin, "x", kind=kind, scopes=scopes)
    assert refused.value.field == "scopes"


@pytest.mark.parametrize("days", [0, -1, 10**6])
def test_a_token_lives_for_a_sensible_time(house: House, days: int) -> None:
    with pytest.raises(Invalid):
        house.write(people.make_token, house.admin, "x", expires_in_days=days)


def test_nobody_revokes_the_token_of_another(house: House) -> None:
    ada, bob = house.person("ada"), house.person("bob")
    with pytest.raises(NotFound):
        house.write(people.revoke_token, ada, bob.token_id)
    house.write(people.revoke_token, house.admin, bob.token_id)


def test_only_an_administrator_makes_accounts_and_tokens_for_others(house: House) -> None:
    ada = house.person("ada")
    for verb in (
        lambda: house.write(people.add_user, ada, "eve"),
        lambda: house.write(people.make_token, ada, "x", username="admin"),
        lambda: house.read(people.users, ada),
    ):
        with pytest.raises(Denied):
            verb()


@pytest.mark.parametrize("username", ["", "Ada", "a b", "../x", "a" * 41, "é"])
def test_a_username_is_plain(house: House, username: str) -> None:
    with pytest.raises(Invalid):
        house.write(people.add_user, house.admin, username)


def test_a_username_is_given_once(house: House) -> None:
    house.person("ada")
    with pytest.raises(Conflict):
        house.write(people.add_user, house.admin, "ada")


def test_the_last_use_of_a_worker_s_token_is_written_once_a_minute(house: House) -> None:
    def last_used() -> object:
        return house.read(people.known, house.worker_secret)[0].last_used_at

    house.write(people.worker_at_work, house.worker_secret)
    first = last_used()
    house.clock.turn(seconds=30)
    house.write(people.worker_at_work, house.worker_secret)
    assert last_used() == first
    now = house.clock.turn(seconds=31)
    house.write(people.worker_at_work, house.worker_secret)
    assert last_used() == now
