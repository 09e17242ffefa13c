"""Running a product's own commands (set-up, verify) in the sandbox, each with its limit."""

from __future__ import annotations

from ploeg.domain.gate import CommandResult
from ploeg.worker.live import LiveAttempt
from ploeg.worker.live_output import LiveOutput
from ploeg.workspace import process
from ploeg.workspace.redact import Redactor
from ploeg.workspace.sandbox import Sandbox

#: Of a command's output, the last bytes that are kept and the last characters that are shown.
KEPT_BYTES = 64 * 1024
TAIL = 4000


async def run_command(live: LiveAttempt, sandbox: Sandbox, command: str, limit: float) -> CommandResult:
    """One shell command in the workspace, for at most `limit` seconds; its whole tree is gone afterwards."""
    live.shipper.note("command_started", command=command)
    output = LiveOutput(live)
    with live.trace.step("command"):
        finished = await process.run(
            ["/bin/sh", "-c", command],
            cwd=sandbox.workspace,
            env=live.environment(sandbox),
            timeout=limit,
            sandbox=sandbox,
            max_output=KEPT_BYTES,
            keep="tail",
            merge_stderr=True,
            hear=output.hear,
        )
    output.close()
    result = CommandResult(
        command=command, exit_code=finished.code, seconds=finished.seconds, tail=_tail(live.redactor, finished)
    )
    live.log.note("command", command=command, exit_code=result.exit_code, seconds=result.seconds, tail=result.tail)
    live.shipper.note("command_ended", command=command, exit_code=result.exit_code, seconds=result.seconds)
    return result


def _tail(redactor: Redactor, finished: process.Finished) -> str:
    """The last of its output, and which limit ended it."""
    said = tail(redactor, finished.stdout)
    return f"{said}\n[ploeg: {finished.excess}]".strip() if finished.excess else said


def tail(redactor: Redactor, output: bytes) -> str:
    """The last of an output, redacted, for people; bytes that are not UTF-8 are shown as U+FFFD."""
    text = redactor.redact(output).decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text[-TAIL:].strip()


def told(result: CommandResult) -> str:
    """What became of a command that did not pass, with the tail of its output."""
    how = "was stopped by its limit" if result.exit_code is None else f"ended with {result.exit_code}"
    return f"«{result.command}» {how} after {result.seconds:.1f} s\n{result.tail}".strip()
