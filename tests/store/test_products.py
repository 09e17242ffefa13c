from __future__ import annotations

import pytest

from ploeg.domain.access import Role
from ploeg.domain.config import ConfigLayer
from ploeg.domain.errors import Conflict, NotFound
from ploeg.domain.ids import ProductId, UserId
from ploeg.store.store import Store
from tests.store.installation import START, Installation, product, user


@pytest.fixture
def here(store: Store) -> Installation:
    return Installation(store)


def test_a_product_is_read_as_it_was_written(here: Installation) -> None:
    config = ConfigLayer(runtime="claude", max_minutes=1.5, verify_commands=("make test", "make lint"))
    full = product(here.owner, code="web", description="ü", max_concurrent_jobs=2, config=config, archived_at=START)
    here.store.write_blocking(lambda tx: tx.products.add(full))
    assert here.store.read_blocking(lambda tx: tx.products.get(full.id)) == full
    assert here.store.read_blocking(lambda tx: tx.products.by_code("web")) == full
    assert here.store.read_blocking(lambda tx: tx.products.by_code("WEB")) is None
    assert here.store.read_blocking(lambda tx: tx.products.get(ProductId("prd_x"))) is None


def test_an_update_changes_what_differs(here: Installation) -> None:
    changed = here.product.evolve(name="Store", repo_url=None)
    here.store.write_blocking(lambda tx: tx.products.update(changed))
    assert here.store.read_blocking(lambda tx: tx.products.get(changed.id)) == changed


def test_an_update_of_what_is_not_there_is_not_found(here: Installation) -> None:
    with pytest.raises(NotFound, match="product"):
        here.store.write_blocking(lambda tx: tx.products.update(product(here.owner)))


def test_a_code_is_taken_once(here: Installation) -> None:
    with pytest.raises(Conflict, match="a product with that code exists"):
        here.store.write_blocking(lambda tx: tx.products.add(product(here.owner, code=here.product.code)))


def test_people_see_the_products_that_they_own_or_belong_to(here: Installation) -> None:
    bob = user()
    zoo = product(bob, name="Zoo")
    apple = product(here.owner, name="apple")
    hidden = product(here.owner, name="Hidden")
    old = product(bob, name="Old", archived_at=START)

    here.store.write_blocking(lambda tx: tx.people.add_user(bob))
    here.store.write_blocking(lambda tx: [tx.products.add(each) for each in (zoo, apple, hidden, old)])
    here.store.write_blocking(lambda tx: tx.products.set_member(apple.id, bob.id, Role.VIEWER))
    here.store.write_blocking(lambda tx: tx.products.set_member(zoo.id, bob.id, Role.MEMBER))

    assert here.store.read_blocking(lambda tx: tx.products.visible_to(bob.id)) == [apple, zoo]
    assert here.store.read_blocking(lambda tx: tx.products.visible_to(bob.id, True)) == [apple, old, zoo]
    everything = here.store.read_blocking(lambda tx: tx.products.all())
    assert [each.name for each in everything] == ["apple", "Hidden", "Shop", "Zoo"]


def test_the_owner_is_owner_whatever_else_is_written(here: Installation) -> None:
    bob = user()
    here.store.write_blocking(lambda tx: tx.people.add_user(bob))

    def role(user_id: str) -> Role | None:
        return here.store.read_blocking(lambda tx: tx.products.role_of(here.product.id, UserId(user_id)))

    assert role(bob.id) is None
    for given in (Role.VIEWER, Role.MEMBER):
        here.store.write_blocking(lambda tx, r=given: tx.products.set_member(here.product.id, bob.id, r))
        assert role(bob.id) is given
    here.store.write_blocking(lambda tx: tx.products.set_member(here.product.id, here.owner.id, Role.VIEWER))
    assert role(here.owner.id) is Role.OWNER
    members = here.store.read_blocking(lambda tx: tx.products.members(here.product.id))
    assert members == {here.owner.id: Role.OWNER, bob.id: Role.MEMBER}
    assert here.store.read_blocking(lambda tx: tx.products.members(ProductId("prd_x"))) == {}
