"""Whatever an agent prints is read in bounded memory, redacted, logged and shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.worker.rig import Rig

pytestmark = pytest.mark.anyio


async def test_a_megabyte_in_one_line_is_one_event(rig: Rig) -> None:
    report = await rig.run("start(); say('x' * 1_000_000); commit(); report(); finish()")
    assert report.outcome == "done"
    (said,) = rig.events("said")
    assert said["text"].endswith("(1000000 characters)")
    assert any(len(entry.get("stdout", "")) > 1_000_000 for entry in rig.run_log())


async def test_a_line_beyond_the_limit_is_cut_and_the_next_is_read(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(max_line_bytes=8192)
    report = await rig.run("start(); print('y' * 3_000_000, flush=True); say('after'); commit(); report(); finish()")
    assert report.outcome == "done"
    assert [event["text"] for event in rig.events("said")] == ["after"]
    (cut,) = [entry["stdout"] for entry in rig.run_log() if entry.get("stdout", "").startswith("y")]
    assert cut.endswith("bytes cut]")


async def test_output_without_a_newline_is_read_to_its_end(rig: Rig) -> None:
    await rig.run("start(); commit(); report(); finish(); sys.stdout.write('last words'); sys.stdout.flush()")
    assert [event["text"] for event in rig.events("unreadable")] == ["last words"]


async def test_output_that_is_not_utf_8_costs_a_character_and_not_the_job(rig: Rig) -> None:
    report = await rig.run("""
start()
sys.stdout.buffer.write(b'caf\\xe9 \\xff\\xfe\\x00\\n')
sys.stdout.flush()
commit()
report()
finish()
""")
    assert report.outcome == "done"
    assert "caf\N{REPLACEMENT CHARACTER}" in rig.events("unreadable")[0]["text"]


async def test_many_lines_arrive_in_order(rig: Rig) -> None:
    await rig.run("start(); [say(str(n)) for n in range(20_000)]; commit(); report(); finish()")
    assert [event["text"] for event in rig.events("said")] == [str(n) for n in range(20_000)]


async def test_standard_error_is_in_the_run_log(rig: Rig) -> None:
    await rig.run("start(); print('a warning', file=sys.stderr); commit(); report(); finish()")
    assert "a warning" in [entry.get("stderr") for entry in rig.run_log()]


async def test_the_attempts_bearer_is_in_no_log_and_no_event(rig: Rig) -> None:
    await rig.run("start(); say('my bearer is ' + ORDERS['token']); print(ORDERS['token'], flush=True); finish()")
    (said,) = rig.events("said")
    assert said["text"] == "my bearer is «redacted»"
    token = rig.runtime.briefs[0].endpoint.token
    assert token not in str(rig.run_log())


async def test_the_jobs_link_leads_to_the_run_log(rig: Rig) -> None:
    await rig.run("start(); say('hello log'); finish()")
    assert "hello log" in (rig.home / "jobs" / "J-1.log").read_text()


async def test_names_that_are_not_utf_8_are_kept_and_pushed(rig: Rig) -> None:
    report = await rig.run("""
start()
with open(b"caf\\xe9.txt", "wb") as file:
    file.write(b"na\\xefve\\n")
sh("git add -A && git commit -qm 'Odd name'")
with open(b"left \\xff over", "wb") as file:
    file.write(b"x")
assert "left \\\\xff over" in report(summary="A name that is not UTF-8, as asked.")["refused"]
os.remove(b"left \\xff over")
report(summary="A name that is not UTF-8, as asked.")
finish()
""")
    assert report.outcome == "done"
    names = rig.remote.git("-c", "core.quotePath=true", "ls-tree", "--name-only", rig.job().branch)
    assert '"caf\\351.txt"' in names
