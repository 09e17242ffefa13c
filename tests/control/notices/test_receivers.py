"""Receivers are their owner's, what is secret of them is in no row, and the file's are the installation's."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ploeg.control.notices import desk, receivers
from ploeg.domain.access import Principal
from ploeg.domain.delivery import Trouble
from ploeg.domain.errors import Conflict, Denied, Invalid, NotFound, Unavailable
from ploeg.domain.notice import ReceiverKind
from ploeg.domain.receiving import Declared
from tests.control.house import House
from tests.control.notices.conftest import Office

pytestmark = pytest.mark.anyio

OPS = Declared(name="ops", kind=ReceiverKind.NTFY, shown="x", topics=(), quiet=None, time_zone="UTC", digest_minutes=0)


@pytest.fixture
def database_url(tmp_path: Path, migrated_file: Path) -> str:
    (tmp_path / "ploeg.db").write_bytes(migrated_file.read_bytes())
    return f"sqlite:///{tmp_path / 'ploeg.db'}"


def wish(**fields: Any) -> desk.Wish:
    return desk.Wish(**{"name": "hook", "kind": "webhook", "to": "https://hooks.example.org/s3cr3t", **fields})


async def test_what_is_secret_is_in_a_file_of_its_own_and_in_no_row_and_no_event(office: Office) -> None:
    added = await desk.add(office.house.plane, office.house.admin, wish())
    assert added.secret is not None
    assert added.secret not in repr(added)
    kept = office.vault.get(added.receiver.id)
    assert kept is not None
    assert (kept.to, kept.secret) == ("https://hooks.example.org/s3cr3t", added.secret)
    (file,) = (office.house.folder / "receivers").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    database = b"".join(path.read_bytes() for path in office.house.folder.glob("ploeg.db*"))
    assert b"s3cr3t" not in database
    assert added.secret.encode() not in database
    await desk.remove(office.house.plane, office.house.admin, "hook")
    assert not list((office.house.folder / "receivers").iterdir())


async def test_a_receiver_is_seen_tried_and_changed_by_its_owner_alone(office: Office) -> None:
    ada = office.house.person("ada")
    await office.receiver("of-ada", ada)
    plane, admin = office.house.plane, office.house.admin
    assert [each.name for each in office.house.read(receivers.listing, ada)] == ["of-ada"]
    assert office.house.read(receivers.listing, admin) == []
    for refused in (
        desk.trial(plane, admin, "of-ada"),
        desk.remove(plane, admin, "of-ada"),
        plane.write(receivers.edit, admin, "of-ada", {}),
    ):
        with pytest.raises(NotFound):
            await refused
    assert office.sink.heard == []


async def test_the_installation_s_receivers_are_the_administrators_to_see_and_the_file_s_to_change(
    office: Office,
) -> None:
    house, ada = office.house, office.house.person("ada")
    house.write(receivers.install, [OPS])
    assert house.read(receivers.listing, ada) == []
    with pytest.raises(Denied, match="notices_file"):
        house.write(receivers.edit, house.admin, "ops", {})
    assert (await desk.trial(house.plane, house.admin, "ops")).trouble is None
    assert [heard.json["topic"] for heard in office.sink.heard] == ["ops"]


async def test_the_installation_s_receivers_follow_the_file_and_keep_what_waits(office: Office) -> None:
    house = office.house
    house.write(receivers.install, [OPS, replace(OPS, name="old")])
    office.sink.answers = [(500, {})] * 2
    office.happens("backup.stale")
    await office.look()
    house.write(receivers.install, [replace(OPS, digest_minutes=5)])
    (ops,) = house.read(receivers.listing, house.admin)
    assert (ops.name, ops.digest_minutes, ops.tries) == ("ops", 5, 1)
    assert len(office.notices(ops)) == 1


async def test_a_receiver_s_times_and_topics_change_and_where_it_leads_stays(office: Office) -> None:
    house = office.house
    phone = await office.receiver(quiet="22:00-07:00")
    changed = house.write(receivers.edit, house.admin, "phone", {"topics": ["job.*"], "digest_minutes": 5})
    assert (changed.topics, changed.quiet, changed.digest_minutes) == (("job.*",), "22:00-07:00", 5)
    changed = house.write(receivers.edit, house.admin, phone.id, {"topics": None, "quiet": None})
    assert (changed.topics, changed.quiet) == ((), None)
    with pytest.raises(Invalid):
        house.write(receivers.edit, house.admin, "phone", {"time_zone": "Mars"})


async def test_a_trial_says_what_came_of_it_and_leaves_that_to_be_seen(office: Office) -> None:
    phone = await office.receiver()
    office.sink.answers = [(401, {})]
    sent = await desk.trial(office.house.plane, office.house.admin, "phone")
    assert (sent.trouble, sent.reason) == (Trouble.NO_CREDENTIALS, "127.0.0.1 answered 401")
    assert office.known(phone).trouble is Trouble.NO_CREDENTIALS
    assert (await desk.trial(office.house.plane, office.house.admin, "phone")).trouble is None
    assert (office.known(phone).trouble, office.known(phone).due_at) == (None, None)


async def test_a_receiver_whose_file_is_gone_says_so(office: Office) -> None:
    phone = await office.receiver()
    office.vault.drop(phone.id)
    sent = await desk.trial(office.house.plane, office.house.admin, "phone")
    assert sent.trouble is Trouble.NO_CREDENTIALS
    assert "add it anew" in sent.reason


async def test_names_are_one_person_s_and_nobody_has_receivers_without_end(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.receiver()
    await office.receiver(who=office.house.person("ada"))
    with pytest.raises(Conflict, match="phone already"):
        await office.receiver()
    assert len(list((office.house.folder / "receivers").iterdir())) == 2
    monkeypatch.setattr(receivers, "RECEIVERS_MAX", 1)
    with pytest.raises(Conflict, match="no more"):
        await office.receiver("another")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "apprise", "to": "tgram://x/1"}, "kind"),
        ({"token": "t"}, "token"),
        ({"to": "https://a@b.example/"}, "to"),
        ({"topics": ["everything"]}, "topics"),
        ({"name": "Phone"}, "name"),
    ],
)
async def test_a_wish_that_cannot_be_is_refused_and_nothing_of_it_kept(
    office: Office, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await desk.add(office.house.plane, office.house.admin, wish(**fields))
    assert refused.value.field == field
    assert not (office.house.folder / "receivers").exists()


async def test_without_a_post_there_are_no_receivers_to_add(house: House) -> None:
    reader: Principal = house.admin
    with pytest.raises(Unavailable, match="sends no notices"):
        await desk.add(house.plane, reader, wish())
