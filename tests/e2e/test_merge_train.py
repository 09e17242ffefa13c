"""Two stories through a merge train: the second is brought onto the first, verified anew, and merged after it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.installation import Installation, wait_for
from tests.e2e.repository import make_remote
from tests.forges.conftest import tokens_file
from tests.forges.fake import FakeForge
from tests.forges.far.serving import fake_forge

pytestmark = pytest.mark.campaign

PLAN = """
```sh
sleep 2; echo {name} > {name}.txt
```

Only `{name}.txt` is changed.
"""


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[FakeForge]:
    shutil.copytree(make_remote(tmp_path / "made").path, tmp_path / "git" / "crew" / "greeter.git")
    with fake_forge(tmp_path / "git", "forgejo") as serving:
        tell = serving.listener

        def check(what: str, thing: object) -> None:
            tell(what, thing)
            if what == "push" and (tip := serving.git.tip(str(thing))):
                serving.check(tip, "ci", "success")

        serving.listener = check
        yield serving


@pytest.fixture
def crew(tmp_path: Path, forge: FakeForge) -> Iterator[Installation]:
    settings = {
        "runtimes": "patch",
        "slots": "2",
        "tool_paths": f"{sys.base_prefix}/bin",
        "forge_tokens_file": str(tokens_file(tmp_path, forge)),
    }
    made = Installation(tmp_path / "ploeg", settings)
    try:
        made.start_server()
        yield made
    finally:
        made.close()


def queued(crew: Installation, name: str) -> str:
    story = crew.ask("POST", "/pbis/PBI-1/stories", {"title": name})["code"]
    body = {"title": name, "implementation_plan": PLAN.format(name=name)}
    return crew.run_task(str(crew.ask("POST", f"/stories/{story}/tasks", body)["code"]))


def test_each_is_verified_on_top_of_what_was_merged_before_it(crew: Installation, forge: FakeForge) -> None:
    verify = {"verify_commands": ["ls *.txt"]}
    crew.add_product(forge.repo_url, auto_pr=True, auto_merge=True, merge_train=True, config=verify)
    crew.ask("POST", "/products/demo/pbis", {"title": "An item"})
    names = ("goodbye", "hello")
    jobs = [queued(crew, name) for name in names]
    crew.start_worker()
    for job in jobs:
        assert crew.wait_for_job(job)["status"] == "done"
    wait_for(lambda: [pull.state for pull in forge.pulls] == ["merged", "merged"], "both merges", lambda: told(crew))
    assert {f"{name}.txt" for name in names} <= set(forge.git.run("ls-tree", "--name-only", "main").splitlines())
    caught_up = crew.job("J-3")
    assert caught_up["status"] == "done"
    assert caught_up["follow_up_of"] in jobs
    (command,) = crew.ask("GET", "/jobs/J-3/receipt")["receipt"]["commands"]
    assert (command["exit_code"], "goodbye.txt\nhello.txt" in command["tail"]) == (0, True)


def told(crew: Installation) -> str:
    return str(crew.ask("GET", "/products/demo/forge-actions")["items"])
