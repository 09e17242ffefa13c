"""What the command imports, since that is what its start costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.conftest import Ploeg

HEAVY = ("fastapi", "starlette", "sqlalchemy", "alembic", "mcp", "pydantic", "httpx2", "uvicorn", "jinja2", "asyncio")
CLIENTS = (
    ["product", "list"],
    ["product", "add", "Shop"],
    ["backlog", "pbi", "list"],
    ["backlog", "story", "list"],
    ["backlog", "task", "list"],
    ["job", "list"],
    ["job", "run", "T-1", "--wait"],
    ["job", "show", "J-1"],
    ["job", "logs", "J-1"],
    ["job", "diff", "J-1"],
    ["worker", "list"],
    ["token", "list"],
)


def imported_by(ploeg: Ploeg, *arguments: str) -> set[str]:
    """The modules that a command had imported when it ended; against `crew` it did its work."""
    program = (
        "import sys; from ploeg.cli.main import run; run(sys.argv[1:]); sys.stdout.flush();"
        "print('\\n@' + ' '.join(sys.modules))"
    )
    command = [sys.executable, "-c", program, "--home", str(ploeg.home), *arguments]
    out = subprocess.run(command, env=ploeg.env(), capture_output=True, text=True, check=True, timeout=60).stdout
    return set(out.rpartition("@")[2].split())


def test_help_needs_click_alone(ploeg: Ploeg) -> None:
    modules = imported_by(ploeg, "--help")
    assert not {"msgspec", "http.client", "json", "ploeg.settings", *HEAVY} & modules


@pytest.mark.parametrize("arguments", CLIENTS, ids=" ".join)
def test_a_client_command_imports_no_library_of_the_server(crew: Ploeg, arguments: list[str]) -> None:
    modules = imported_by(crew, *arguments)
    assert "ploeg.cli.client" in modules
    assert not set(HEAVY) & modules
    rooms = {name.split(".")[1] for name in modules if name.startswith("ploeg.")}
    assert rooms <= {"cli", "credentials", "settings", "domain"}
