"""`ploeg doctor`: what it finds, what it says to do, how it exits."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Ploeg, git
from tests.forges.conftest import bare_repository, forgejo, tokens_file
from tests.forges.fake import FakeForge

__all__ = ["bare_repository", "forgejo"]


def states(ended: str) -> dict[str, str]:
    return {check["name"]: check["state"] for check in json.loads(ended)}


def test_a_running_installation_is_looked_at(crew: Ploeg) -> None:
    ended = crew("doctor", "--json", PLOEG_SANDBOX="none")
    found = states(ended.out)
    assert {"ploeg", "home", "credentials", "disk", "git", "sandbox", "runtime patch", "server", "database"} <= set(
        found
    )
    assert found["server"] == found["credentials"] == found["git"] == found["runtime patch"] == "ok"
    assert found["workers"] == found["clock"] == found["mcp"] == "ok"
    assert found["notices"] == "warning"
    assert not [name for name in found if name.startswith(("push", "agent"))]
    assert ended.code == 0


def test_a_deep_look_pushes_and_takes_back_and_sends_to_every_receiver(crew: Ploeg, repository: Path) -> None:
    crew("product", "add", "Deep", "--code", "deep", "--repo", str(repository))
    crew("product", "add", "Gone", "--code", "gone", "--repo", str(repository.parent / "gone.git"))
    crew("notice", "add", "me", "--kind", "mail", "--to", "ada@example.org")
    before = git("-C", str(repository), "for-each-ref")
    ended = crew("doctor", "--deep", "--json", PLOEG_SANDBOX="none", PLOEG_RUNTIMES="patch")
    found = {check["name"]: check for check in json.loads(ended.out)}
    assert (ended.code, found["push deep"]["state"], found["push gone"]["state"]) == (1, "ok", "failed")
    assert "notices_file" in found["notices me"]["found"]
    assert found["notices"]["state"] == "failed"
    assert git("-C", str(repository), "for-each-ref") == before
    for code in ("deep", "gone"):
        crew("product", "archive", code)
    crew("notice", "remove", "me")


def test_an_open_credentials_file_fails_with_what_to_do(ploeg: Ploeg) -> None:
    ploeg.home.mkdir(mode=0o700)
    (ploeg.home / "credentials.json").write_text("{}")
    (ploeg.home / "credentials.json").chmod(0o644)
    ended = ploeg("doctor", PLOEG_SANDBOX="none")
    assert ended.code == 1
    assert f"chmod 600 {ploeg.home / 'credentials.json'}" in ended.out


def test_a_missing_program_is_named(ploeg: Ploeg, tmp_path: Path) -> None:
    ended = ploeg("doctor", "--json", PATH=str(tmp_path))
    found = states(ended.out)
    assert ended.code == 1
    assert found["git"] == found["sandbox"] == "failed"
    assert found["runtime claude"] == "warning"


def test_no_server_is_a_warning_and_not_a_failure(ploeg: Ploeg) -> None:
    ended = ploeg("doctor", "--json", PLOEG_SANDBOX="none")
    assert states(ended.out)["server"] == "warning"


def test_a_product_s_forge_is_asked_for_its_repository(crew: Ploeg, forgejo: FakeForge, tmp_path: Path) -> None:
    crew("product", "add", "Greeter", "--code", "greeter", "--repo", forgejo.repo_url, "--auto-pr")
    file = tokens_file(tmp_path, forgejo)
    found = {check["name"]: check for check in crew("doctor", "--json", PLOEG_FORGE_TOKENS_FILE=str(file)).json}
    assert found["forge_tokens_file"]["state"] == found["forge greeter"]["state"] == "ok"
    assert "default branch trunk" in found["forge greeter"]["found"]
    tokens_file(tmp_path, forgejo, "wr0ng")
    ended = crew("doctor", "--json", PLOEG_FORGE_TOKENS_FILE=str(file))
    assert states(ended.out)["forge greeter"] == "failed"
    assert ("no_credentials" in ended.out, "wr0ng" in ended.out) == (True, False)


def test_settings_that_cannot_be_read_are_the_finding(ploeg: Ploeg) -> None:
    ended = ploeg("doctor", "--json", PLOEG_PORT="many")
    assert ended.code == 1
    assert states(ended.out)["settings"] == "failed"


def test_settings_are_listed_with_what_is_in_force(ploeg: Ploeg) -> None:
    rows = {row["name"]: row for row in ploeg("doctor", "--settings", "--json", PLOEG_SLOTS="3").json}
    assert (rows["slots"]["value"], rows["slots"]["default"]) == (3, 1)
    assert "slots = 3" in ploeg("doctor", "--settings", PLOEG_SLOTS="3").out
