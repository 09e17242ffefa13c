"""Notices by command, against a server whose file names a receiver of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Service
from tests.notify.sink import http_sink


def test_somebody_is_told_and_tries_it(service: Callable[..., Service], tmp_path: Path) -> None:
    with http_sink() as sink:
        file = tmp_path / "notices.toml"
        file.touch(mode=0o600)
        file.write_text(f'[receivers.ops]\nkind = "slack"\nto = "{sink.url}/s3cr3t"\ntopics = ["*"]\n')
        server = service("server", "--port", "0", PLOEG_NOTICES_FILE=str(file), PLOEG_NOTICE_HOSTS="localhost")
        server.line_with("listens on")
        ploeg = server.ploeg

        assert ploeg("notice", "test").out == "ops: a message went out\n"
        refused = ploeg("notice", "add", "phone", "--kind", "ntfy", "--to", f"{sink.url}/wonderland")
        assert (refused.code, "setting notice_hosts" in refused.err) == (1, True)
        ploeg("notice", "remove", "phone")
        url = sink.url.replace("127.0.0.1", "localhost")
        hook = ploeg("notice", "add", "hook", "--kind", "webhook", "--topic", "job.*", stdin=f"{url}/hidden\n")
        assert (hook.code, hook.out.startswith("whsec_"), "hidden" in hook.out + hook.err) == (0, True, False)
        edited = ploeg("notice", "edit", "hook", "--digest", "5", "--only-mine", "--json").json
        assert (edited["digest_minutes"], edited["only_mine"]) == (5, True)
        shown = ploeg("notice", "show", "hook").out
        assert ("job.done\n" in shown, "yours alone" in shown) == (True, True)
        assert ploeg("notice", "edit", "hook", "--everybodys", "--json").json["only_mine"] is False
        listed = ploeg("notice", "list").out
        assert ("the installation" in listed, "s3cr3t" in listed, "hidden" in listed) == (True, False, False)
        assert ploeg("notice", "sent").err == "nothing was told yet\n"
        assert ploeg("notice", "test", "nobody").code == 2
        assert [heard.path for heard in sink.heard] == ["/s3cr3t", "/hidden"]
