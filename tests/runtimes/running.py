"""Runs a runtime's command as a worker would, without a sandbox: its environment and nothing else."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar
from uuid import uuid4

from ploeg.domain.config import ConfigLayer, resolve
from ploeg.domain.event import AgentEvent
from ploeg.domain.kinds import KINDS, KindName
from ploeg.runtimes.base import Brief, Command, Ending, Exit, Reader, Runtime, ToolEndpoint

#: Every run of these tests ends here, in seconds.
PATIENCE = 60.0
NOWHERE = ToolEndpoint(url="http://127.0.0.1:9/mcp", token="no-token")

E = TypeVar("E")


@dataclass(frozen=True)
class Run:
    """What came of one run."""

    reader: Reader
    events: list[AgentEvent]
    lines: list[bytes]
    exit: Exit

    @property
    def ending(self) -> Ending:
        return self.reader.ending(self.exit)

    def heard(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]


@dataclass(frozen=True)
class Desk:
    """One job's HOME and workspace, kept from attempt to attempt."""

    runtime: Runtime
    program: str
    folder: Path
    credentials: Mapping[str, str] = field(default_factory=dict)
    #: For the tests' own sake, e.g. fewer retries; never what a worker sets.
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    def brief(self, *, config: ConfigLayer | None = None, **fields: Any) -> Brief:
        base: dict[str, Any] = {
            "program": self.program,
            "prompt": "Do the task.",
            "system_prompt": "Keep to the rules.",
            "config": resolve(KINDS[KindName.TASK_IMPLEMENTATION], job=config),
            "workspace": PurePosixPath(self.workspace),
            "home": PurePosixPath(self.home),
            "endpoint": NOWHERE,
            "job_id": "job_1",
            "task_id": "tsk_1",
            "story_id": "sto_1",
            "story_code": "ST-001",
            "new_session_id": str(uuid4()),
            "credentials": dict(self.credentials),
        }
        return Brief(**base | fields)

    def run(self, brief: Brief) -> Run:
        command = self.runtime.command(brief)
        self._lay_out(command)
        return self.execute(command, resumed=brief.resume_session_id is not None)

    def execute(self, command: Command, *, resumed: bool = False) -> Run:
        done = subprocess.run(
            command.argv,
            cwd=self.workspace,
            env={**command.environment, **self.environment},
            input=command.stdin,
            capture_output=True,
            timeout=PATIENCE,
        )
        tail = done.stderr.decode("utf-8", "replace")[-2000:]
        return read(self.runtime.reader(resumed=resumed), done.stdout, Exit(code=done.returncode, stderr_tail=tail))

    def _lay_out(self, command: Command) -> None:
        self.workspace.mkdir(parents=True, exist_ok=True)
        for path, content in command.files.items():
            file = self.home / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_bytes(content)


def read(reader: Reader, output: bytes, exit: Exit) -> Run:
    lines = output.splitlines()
    return Run(reader, [event for line in lines for event in reader.feed(line)], lines, exit)
