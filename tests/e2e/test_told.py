"""Nobody looks: a sign-in that ran out is told once with the command that mends it, and its end is told as well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.installation import Installation, wait_for
from tests.e2e.repository import Remote
from tests.e2e.test_claude_ends import prepare
from tests.e2e.test_claude_main_job import CODE, DONE, commit
from tests.notify.sink import Sink, http_sink
from tests.scripted.anthropic import ScriptedModel, expired_token
from tests.scripted.script import say

pytestmark = pytest.mark.campaign


def notices_file(folder: Path, sink: Sink) -> str:
    file = folder / "notices.toml"
    file.touch(mode=0o600)
    file.write_text(f'[receivers.ops]\nkind = "ntfy"\nto = "{sink.url}/ops"\ntopics = ["*"]\n')
    return str(file)


def test_an_expired_sign_in_is_told_with_its_remedy_and_then_that_the_worker_works_again(
    install_claude: Callable[..., Installation],
    scripted_model: Callable[..., ScriptedModel],
    remote: Remote,
    tmp_path: Path,
) -> None:
    with http_sink() as sink:
        model = scripted_model(expired_token())
        ploeg_home = install_claude(model, notices_file=notices_file(tmp_path, sink))
        prepare(ploeg_home, remote)
        ploeg_home.start_worker()
        wait_for(lambda: sink.heard, "the word about the sign-in")
        told = sink.heard[0].json
        assert told["title"] == "Worker worker needs a sign-in"
        assert "ploeg worker sign-in" in told["message"]

        model.script = (commit("farewell.py", CODE), DONE, say("Done."))
        (tmp_path / "claude-token").write_text("sk-ant-oat01-another-token-for-tests-0123456789")
        assert ploeg_home.wait_for_job("J-1")["status"] == "done"
        wait_for(lambda: len(said(sink)) >= 3, "the word that all is well")
        assert sorted(said(sink)) == [
            "J-1 (T-1: A task) is done",
            "Worker worker needs a sign-in",
            "Worker worker works again",
        ]


def said(sink: Sink) -> list[str]:
    """Every notice by its title, whether it came alone or with others."""
    found: list[str] = []
    for heard in sink.heard:
        title, text = heard.json["title"], heard.json["message"]
        found += [line.removeprefix("- ") for line in text.splitlines()] if title.endswith(" notices") else [title]
    return found
