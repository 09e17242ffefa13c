"""The pages about notices name every topic, kind and trouble, and say what to do about each alarm."""

from __future__ import annotations

import re
from pathlib import Path

from ploeg.domain.delivery import Trouble
from ploeg.domain.notice import RECOVERY, USUAL, ReceiverKind, Topic
from ploeg.notify.file import load
from tests.docs.pages import DOCS

PAGE = (DOCS / "notifications.md").read_text("utf-8")
ALARMS = (DOCS / "operate.md").read_text("utf-8").partition("\n## Alarms\n")[2].partition("\n## ")[0]
#: They say that something is over, and leave nothing to do.
NEWS = RECOVERY | {Topic.RUN_DONE}


def test_every_topic_is_on_its_page_with_whether_it_is_usual() -> None:
    rows = re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|.*\| (yes )?\|$", PAGE, re.MULTILINE)
    assert {name: bool(usual) for name, usual in rows} == {
        topic: topic in USUAL for topic in Topic if topic is not Topic.TRIAL
    }


def test_every_kind_and_every_trouble_is_explained() -> None:
    assert all(f"`{kind}`" in PAGE for kind in ReceiverKind)
    assert all(f"| `{trouble}` |" in PAGE for trouble in Trouble if trouble is not Trouble.CONFLICT)


def test_for_every_usual_alarm_there_is_what_to_do() -> None:
    explained = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", "".join(re.findall(r"^\| (`.*?) \|", ALARMS, re.MULTILINE))))
    assert set(USUAL) - NEWS <= explained
    assert explained <= set(Topic)


def test_the_installation_s_file_on_the_page_can_be_read(tmp_path: Path) -> None:
    sample = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert sample is not None
    file = tmp_path / "notices.toml"
    file.touch(mode=0o600)
    file.write_text(sample[1].replace("…", "x"))
    assert [receiver.name for receiver in load(file, "UTC").receivers] == ["ops", "chat"]
