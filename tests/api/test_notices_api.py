"""Receivers of notices over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from ploeg.control.notices.post import Post
from ploeg.control.notices.send import Notifier
from ploeg.control.notices.vault import Vault
from ploeg.notify.senders import Senders
from tests.api.conftest import Api
from tests.notify.sink import http_sink

pytestmark = pytest.mark.anyio

SECRET = "s3cr3t-path"
HOOK = {"name": "hook", "kind": "webhook", "to": f"https://hooks.example.org/{SECRET}"}


@pytest.fixture(autouse=True)
def post(api: Api, tmp_path: Path) -> None:
    vault = Vault(tmp_path / "receivers")
    api.house.plane.post = Post(vault, Notifier(Senders(None, ["127.0.0.1"]), vault, {}, seconds=5))


async def test_a_receiver_is_added_seen_changed_tried_and_removed(api: Api) -> None:
    with http_sink() as sink:
        wish = {"name": "phone", "kind": "ntfy", "to": f"{sink.url}/wonderland", "quiet": "22:00-07:00"}
        made = await api.ok("POST", "/notices/receivers", 201, json=wish)
        assert (made["shown"], made["installed"], made["secret"]) == (f"{sink.url}/won…", False, None)
        assert "worker.unhealthy" in made["topics"]
        edited = await api.ok("PATCH", "/notices/receivers/phone", json={"topics": ["job.*"], "digest_minutes": 5})
        assert (edited["topics"], edited["quiet"]) == (["job.done", "job.failed"], "22:00-07:00")
        assert await api.ok("POST", f"/notices/receivers/{made['id']}/trial") == {
            "arrived": True,
            "trouble": None,
            "reason": None,
        }
        assert sink.heard[0].json["topic"] == "wonderland"
    (listed,) = (await api.ok("GET", "/notices/receivers"))["items"]
    assert listed["sent_at"] is not None
    assert listed == await api.ok("GET", "/notices/receivers/phone")
    assert (await api.ok("DELETE", "/notices/receivers/phone"))["name"] == "phone"
    assert (await api.ok("GET", "/notices"))["items"] == []
    await api.refused(404, "POST", "/notices/receivers/phone/trial")


async def test_a_signing_secret_is_shown_once_and_where_it_leads_never(api: Api) -> None:
    made = await api.ok("POST", "/notices/receivers", 201, json=HOOK)
    assert made["secret"].startswith("whsec_")
    shown = await api("GET", "/notices/receivers/hook")
    assert made["secret"] not in shown.text
    assert SECRET not in shown.text
    assert SECRET not in (await api("GET", "/notices/receivers")).text


async def test_a_refusal_names_the_field_and_repeats_no_secret(api: Api) -> None:
    wish = HOOK | {"to": f"https://user:{SECRET}@hooks.example.org/"}
    said = await api.refused(422, "POST", "/notices/receivers", json=wish)
    assert said["field"] == "to"
    assert SECRET not in str(said)
    await api.refused(422, "GET", "/notices?limit=0")


async def test_who_may_only_read_adds_none(api: Api) -> None:
    token = (await api.ok("POST", "/tokens", 201, json={"label": "r", "scopes": ["read"]}))["secret"]
    await api.refused(403, "POST", "/notices/receivers", json=HOOK, token=token)
    assert (await api.ok("GET", "/notices/receivers", token=token))["items"] == []
