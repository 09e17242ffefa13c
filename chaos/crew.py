"""A real server, real workers with homes of their own, and jobs that take a moment in each phase."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import psutil
from tests.e2e.installation import Installation
from tests.e2e.repository import Remote, make_remote

PLAN = """
Write `job.txt`.

```sh
(setsid sleep 600 >/dev/null 2>&1 &)
sleep 0.3
```

```file=job.txt
job {number}
```
"""
HOOK = "#!/bin/sh\nsleep 0.5\n"
#: Seconds in which everything that a killed worker had started must be gone.
GONE_WITHIN = 5.0


class Crew:
    """The installation that is tormented."""

    def __init__(self, folder: Path, workers: int, sandbox: str) -> None:
        self._folder = folder
        self.remote: Remote = make_remote(folder / "origin")
        hook = self.remote.path / "hooks" / "pre-receive"
        hook.write_text(HOOK)
        hook.chmod(0o755)
        settings = {"sandbox": sandbox, "renew_seconds": "0.5", "slots": "2", "drain_grace": "0"}
        self.installation = Installation(folder / "ploeg", settings)
        self.names = [f"worker-{number}" for number in range(1, workers + 1)]
        self.queued = 0

    def start(self) -> None:
        self.installation.start_server()
        self.installation.add_product(self.remote.path, config={"setup_commands": ["sleep 0.2"]})
        self.installation.ask("POST", "/products/demo/pbis", {"title": "Everything"})
        credentials = json.loads((self.installation.home / "credentials.json").read_text("utf-8"))
        token = self._folder / "worker.token"
        token.touch(mode=0o600)
        token.write_text(credentials["worker_token"])
        for name in self.names:
            self.start_worker(name)

    def start_worker(self, name: str) -> None:
        self.installation.start_worker(
            name,
            home=str(self._folder / name),
            server_url=self.installation.url,
            token_file=str(self._folder / "worker.token"),
        )

    def queue(self) -> None:
        """One more job, in a story and so on a branch of its own."""
        self.queued += 1
        number, ask = self.queued, self.installation.ask
        story = ask("POST", "/pbis/PBI-1/stories", {"title": f"Story {number}"})
        verify = [f"sleep 0.3; grep -qx 'job {number}' job.txt"]
        body = {"title": f"Task {number}", "implementation_plan": PLAN.format(number=number)}
        task = ask("POST", f"/stories/{story['code']}/tasks", {**body, "config": {"verify_commands": verify}})
        ask("POST", "/jobs", {"task": task["code"]})

    def jobs(self, *statuses: str) -> list[dict[str, Any]]:
        """Every job with one of these statuses; all of them without."""
        found: list[dict[str, Any]] = []
        before: int | None = None
        while True:
            query = {"status": list(statuses)} if statuses else {}
            page = self.installation.ask("GET", "/jobs", limit=200, **query, **({"before": before} if before else {}))
            found += page["items"]
            before = page["next_before"]
            if before is None:
                return found

    def detail(self, code: str) -> dict[str, Any]:
        return self.installation.job(code)

    def phases(self) -> dict[str, list[str]]:
        """The phases of the jobs that each worker holds now."""
        workers = self.installation.ask("GET", "/workers")["items"]
        held = {worker["hostname"]: worker["jobs"] for worker in workers}
        found = {name: [self.detail(code)["phase"] for code in held.get(name, ())] for name in self.names}
        return {name: [phase for phase in phases if phase] for name, phases in found.items()}

    def kill(self, name: str) -> list[str]:
        """kill -9; what it had started and was still there when all of it had to be gone."""
        started = psutil.Process(self.installation.running[name].pid).children(recursive=True)
        self.installation.stop(name, signal.SIGKILL)
        _, orphans = psutil.wait_procs(started, timeout=GONE_WITHIN)
        return [_called(orphan) for orphan in orphans]

    def stop(self) -> None:
        self.installation.close()


def _called(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline()) or process.name()
    except psutil.Error:
        return f"process {process.pid}"
