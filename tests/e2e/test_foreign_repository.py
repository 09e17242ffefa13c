"""The main job on a repository that nobody here wrote: a released source package from PyPI."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.installation import Installation
from tests.e2e.repository import make_remote
from tests.e2e.test_claude_main_job import DONE
from tests.scripted.anthropic import ScriptedModel
from tests.scripted.script import call, say

PACKAGE = "click==8.1.8"

PLAN = """
Teach `src/click/utils.py` a helper `shout(text)` that gives the text in capitals, and test it in `tests/test_utils.py`.
"""

CHANGE = r"""
cat >> src/click/utils.py <<'END'


def shout(text: str) -> str:
    return text.upper()
END
cat >> tests/test_utils.py <<'END'


def test_shout():
    assert click.utils.shout("abc") == "ABC"
END
git add -A && git commit -qm 'ST-001: shout'
"""


@pytest.fixture(scope="session")
def source_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's unpacked source, as its makers released it."""
    folder = tmp_path_factory.mktemp("source")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", PACKAGE]
    subprocess.run([*pip, "-d", str(folder)], check=True, capture_output=True, timeout=300)
    (archive,) = folder.glob("*.tar.gz")
    # tarfile knows no filter yet in the Python of Debian 12.
    subprocess.run(["tar", "-xf", str(archive), "-C", str(folder)], check=True, timeout=60)
    (tree,) = (path for path in folder.iterdir() if path.is_dir())
    return tree


def test_a_released_package_is_changed_and_its_own_tests_are_the_gate(
    install_claude: Callable[..., Installation],
    scripted_model: Callable[..., ScriptedModel],
    source_package: Path,
    tmp_path: Path,
) -> None:
    remote = make_remote(tmp_path, tree=source_package, default_branch="stable")
    model = scripted_model(call("Bash", command=CHANGE, description="Change and commit"), DONE, say("Done."))
    python = f"{sys.prefix}/bin,{sys.base_prefix}/bin"
    ploeg_home = install_claude(model, tool_paths=python)
    pytest_alone = "python -m pytest -q -p no:cacheprovider -W ignore::pytest.PytestRemovedIn10Warning"
    verify = f"PYTHONPATH=src {pytest_alone} tests/test_utils.py tests/test_basic.py"
    ploeg_home.add_product(remote.path, config={"verify_commands": [verify]})
    ploeg_home.run_task(ploeg_home.add_task(PLAN))
    ploeg_home.start_worker()

    job = ploeg_home.wait_for_job("J-1")

    assert job["status"] == "done", job["reason"]
    (attempt,) = job["attempts"]
    (command,) = attempt["receipt"]["commands"]
    assert command["exit_code"] == 0
    assert "passed" in command["tail"]
    assert {change["path"] for change in attempt["receipt"]["files"]} == {"src/click/utils.py", "tests/test_utils.py"}
    assert "def shout" in remote.content(remote.pushed_branch(), "src/click/utils.py")
