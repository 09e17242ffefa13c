"""What is found in the database after a kill, held against what was acknowledged."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import text

from ploeg.store.transaction import Transaction

#: Each selects what must not be there; at most one row of it is shown.
TWICE = {
    "a job was finished twice": """
        SELECT job_id FROM events WHERE type = 'job.done' GROUP BY job_id HAVING count(*) > 1""",
    "two attempts were done with one job": """
        SELECT job_id FROM attempts WHERE outcome = 'done' GROUP BY job_id HAVING count(*) > 1""",
    "a lane has two active jobs": """
        SELECT lane FROM jobs WHERE lane IS NOT NULL AND status IN ('claimed', 'running')
        GROUP BY lane HAVING count(*) > 1""",
    "a job has two live attempts": """
        SELECT job_id FROM attempts WHERE ended_at IS NULL GROUP BY job_id HAVING count(*) > 1""",
    "a number was given twice": "SELECT number FROM jobs GROUP BY number HAVING count(*) > 1",
}
#: A verb's rows stand or fall together: each selects what has only a part of them.
TORN = {
    "a number is missing": """
        SELECT n FROM (SELECT coalesce(max(number), 0) - count(*) AS n FROM jobs) AS gaps WHERE n <> 0""",
    "a queued job has no event": """
        SELECT id FROM jobs WHERE id NOT IN (SELECT job_id FROM events WHERE type = 'job.queued')""",
    "a claim has no event": """
        SELECT id FROM attempts WHERE id NOT IN (SELECT attempt_id FROM events WHERE type = 'job.claimed')""",
    "a claimed job has no live attempt": """
        SELECT id FROM jobs WHERE status = 'claimed'
        AND id NOT IN (SELECT job_id FROM attempts WHERE ended_at IS NULL)""",
    "a done attempt's job is not done": """
        SELECT jobs.id FROM attempts JOIN jobs ON jobs.id = attempts.job_id
        WHERE attempts.outcome = 'done' AND jobs.status <> 'done'""",
}
SEEN = {
    "queued": "SELECT id FROM jobs",
    "claimed": "SELECT id FROM attempts",
    "finished": "SELECT id FROM attempts WHERE outcome = 'done'",
}


@dataclass
class Verdict:
    lost: int = 0
    double: int = 0
    sound: bool = True
    #: Sentences for a person.
    findings: list[str] = field(default_factory=list)


def examine(tx: Transaction, acknowledged: dict[str, set[str]]) -> Verdict:
    """`acknowledged` holds ids by what was said of them: queued, claimed, finished."""
    verdict = Verdict()
    for what, ids in acknowledged.items():
        missing = ids.difference(tx.connection.execute(text(SEEN[what])).scalars())
        verdict.lost += len(missing)
        verdict.findings += [f"{what}, acknowledged and not there: {one}" for one in sorted(missing)[:3]]
    for finding, statement in TORN.items():
        if row := tx.connection.execute(text(statement)).first():
            verdict.lost += 1
            verdict.findings.append(f"{finding}: {row[0]}")
    for finding, statement in TWICE.items():
        if row := tx.connection.execute(text(statement)).first():
            verdict.double += 1
            verdict.findings.append(f"{finding}: {row[0]}")
    if not tx.on_postgres:
        told = tx.connection.execute(text("PRAGMA integrity_check")).scalars().all()
        told += tx.connection.execute(text("PRAGMA foreign_key_check")).scalars().all()
        verdict.sound = told == ["ok"]
        verdict.findings += [str(line) for line in told if line != "ok"]
    return verdict
