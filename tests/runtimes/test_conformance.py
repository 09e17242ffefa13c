"""What every runtime promises, whatever its program prints. A plug-in can be held against the same tests."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ploeg.domain.attempt import Outcome, Usage
from ploeg.domain.event import Finished, Said, Unreadable
from ploeg.runtimes.base import Brief, Exit, Runtime, ToolEndpoint
from ploeg.runtimes.claude import Claude
from ploeg.runtimes.patch import Patch
from tests.runtimes.running import Desk, read

NORMAL_EXIT = Exit(code=0)


@dataclass(frozen=True)
class Case:
    """A runtime, and how its program says things."""

    runtime: Runtime
    program: str
    say: Callable[[str], dict[str, Any]]
    end: dict[str, Any]

    @property
    def name(self) -> str:
        return self.runtime.name


CASES = [
    Case(
        Claude(),
        "/opt/claude/claude",
        lambda text: {"type": "assistant", "message": {"id": "m", "content": [{"type": "text", "text": text}]}},
        {"type": "result", "subtype": "success", "is_error": False, "result": "bye"},
    ),
    Case(
        Patch(),
        sys.executable,
        lambda text: {"type": "said", "text": text},
        {"type": "finished", "is_error": False, "text": "bye"},
    ),
]
each_runtime = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def lines(*objects: dict[str, Any]) -> bytes:
    return b"\n".join(json.dumps(o).encode() for o in objects)


@each_runtime
def test_a_normal_end_leaves_the_outcome_to_the_report(case: Case) -> None:
    run = read(case.runtime.reader(), lines(case.say("hello"), case.end), NORMAL_EXIT)
    assert run.heard(Said)[0].text == "hello"
    assert run.heard(Finished)[0].text == "bye"
    assert (run.reader.finished, run.ending.outcome) == (True, None)


@each_runtime
def test_a_program_that_stays_alive_after_its_end_has_still_ended_normally(case: Case) -> None:
    run = read(case.runtime.reader(), lines(case.end), Exit(code=-9, killed_after_finish=True))
    assert (run.reader.finished, run.ending.outcome) == (True, None)


@each_runtime
def test_an_end_without_a_final_event_is_a_crash_with_its_last_words(case: Case) -> None:
    run = read(case.runtime.reader(), lines(case.say("hello")), Exit(code=134, stderr_tail="out of memory\n"))
    assert not run.reader.finished
    assert run.ending.outcome is Outcome.AGENT_CRASHED
    assert run.ending.reason == "exit code 134 without a result: out of memory"


@each_runtime
def test_a_program_that_was_killed_names_its_signal(case: Case) -> None:
    assert read(case.runtime.reader(), b"", Exit(code=-11)).ending.reason == "signal 11 without a result"


@each_runtime
def test_a_program_that_prints_nothing_and_is_content_reported_nothing(case: Case) -> None:
    run = read(case.runtime.reader(), b"", NORMAL_EXIT)
    assert (run.events, run.ending.outcome, run.reader.usage) == ([], None, Usage())
    assert run.reader.session_id is None


@each_runtime
@pytest.mark.parametrize(
    "line",
    [
        b"npm warn deprecated",
        b'{"type": "assis',
        b"{}",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe\x00",
        b'{"type": 5}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"x" * 1_000_000,
        b'{"type": "assistant", "message": 7}',
    ],
    ids=lambda line: repr(line[:24]),
)
def test_a_line_of_another_format_is_kept_as_unreadable(case: Case, line: bytes) -> None:
    (event,) = case.runtime.reader().feed(line)
    assert isinstance(event, Unreadable)
    assert len(event.text) <= 2001


@each_runtime
def test_empty_lines_say_nothing(case: Case) -> None:
    assert [case.runtime.reader().feed(line) for line in (b"", b"  ", b"\r")] == [[], [], []]


@each_runtime
def test_a_byte_that_is_not_utf_8_costs_its_character_and_not_the_line(case: Case) -> None:
    spoken = lines(case.say("caf_ and more")).replace(b"caf_", b"caf\xe9")
    assert read(case.runtime.reader(), spoken, NORMAL_EXIT).heard(Said)[0].text == "caf\ufffd and more"


@each_runtime
def test_half_a_final_event_is_no_final_event(case: Case) -> None:
    reader = case.runtime.reader()
    reader.feed(lines(case.end)[:-4])
    assert not reader.finished


@each_runtime
@given(st.lists(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: json.dumps({"type": text}).encode())))
def test_no_line_ever_raises(case: Case, output: list[bytes]) -> None:
    reader = case.runtime.reader()
    for line in output:
        reader.feed(line)
    assert reader.ending(Exit(code=1)).outcome is Outcome.AGENT_CRASHED


def brief_for(case: Case, **fields: Any) -> Brief:
    endpoint = ToolEndpoint(url="http://127.0.0.1:9/mcp", token="the-secret-bearer")
    credentials = {name: f"value of {name}" for name in case.runtime.credential_names} | {"AWS_SECRET": "never"}
    desk = Desk(case.runtime, case.program, Path("/work"), credentials)
    return desk.brief(endpoint=endpoint, plan="```sh\ntrue\n```", **fields)


@each_runtime
def test_no_secret_is_in_the_arguments_and_the_bearer_only_in_a_file(case: Case) -> None:
    command = case.runtime.command(brief_for(case))
    seen = " ".join(command.argv) + command.stdin.decode()
    assert "the-secret-bearer" not in seen + " ".join(command.environment.values())
    assert not any(f"value of {name}" in seen for name in case.runtime.credential_names)
    assert any(b"the-secret-bearer" in content for content in command.files.values())


@each_runtime
def test_the_environment_is_an_allow_list(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLOEG_TOKEN", "never")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://elsewhere.example")
    environment = case.runtime.command(brief_for(case)).environment
    assert "never" not in environment.values()
    assert "http://elsewhere.example" not in environment.values()
    assert environment["HOME"] == "/work/home"
    assert {"PATH", "LANG"} <= environment.keys()


@each_runtime
def test_files_lie_beneath_home(case: Case) -> None:
    for path in case.runtime.command(brief_for(case)).files:
        assert not path.is_absolute()
        assert ".." not in path.parts


@each_runtime
def test_a_prompt_and_a_plan_of_any_size_fit(case: Case) -> None:
    long = "é" * 1_000_000
    command = case.runtime.command(brief_for(case, prompt=long))
    assert max(len(argument.encode()) for argument in command.argv) < 128 * 1024


@each_runtime
def test_what_its_program_needs_to_read_is_named(case: Case) -> None:
    readable = case.runtime.command(brief_for(case)).readable
    program = PurePosixPath(Path(case.program).resolve())
    assert any(program.is_relative_to(folder) for folder in readable)


def test_the_base_url_is_always_ours() -> None:
    (claude, _) = CASES
    brief = Desk(claude.runtime, claude.program, Path("/work")).brief()
    assert claude.runtime.command(brief).environment["ANTHROPIC_BASE_URL"] == "https://api.anthropic.com"
