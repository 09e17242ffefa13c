"""Run logs that get old: compressed, then deleted, and the links to them mended or pruned."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from ploeg.aging import COMPRESSED, Tidied, tidy
from ploeg.domain.retention import Terms
from ploeg.worker.runlog import job_of, point


def tidy_logs(home: Path, terms: Terms, now: datetime, running: Collection[str]) -> Tidied:
    """Looks after `runs/` and `jobs/`; blocking. The logs of `running` jobs, by their codes, are left alone."""
    runs = home / "runs"
    done = tidy([runs], terms, now, in_use={path for path in runs.glob("*.jsonl") if job_of(path) in running})
    for link in (home / "jobs").glob("*.log"):
        if not link.exists():
            _mend(link)
    return done


def logs_of_ended_jobs(home: Path, running: Collection[str]) -> list[Path]:
    """The oldest first."""
    return [path for path in sorted((home / "runs").glob("*.jsonl*")) if job_of(path) not in running]


def _mend(link: Path) -> None:
    """Its log was compressed, or is gone."""
    log = link.parent / link.readlink()
    packed = log.with_name(log.name + COMPRESSED)
    if packed.exists():
        point(link, packed)
    else:
        link.unlink(missing_ok=True)
