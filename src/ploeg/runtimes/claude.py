"""Claude Code as a runtime: what to start. What it prints is read by `claude_stream.py`."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import ClassVar

from ploeg.runtimes.base import Brief, Command, Reader
from ploeg.runtimes.claude_stream import SERVER, TOOL_PREFIX, ClaudeReader

#: The base URL is always ours, so that nothing in a repository can turn it elsewhere.
OWN_BASE_URL = "https://api.anthropic.com"
MCP_CONFIG = PurePosixPath(".ploeg/mcp.json")
#: Seconds for the tool endpoint to answer at all, and for a call besides the verify commands it may wait for.
MCP_START = 60
MCP_CALL = 900
#: npm leaves a note of a few hundred bytes where it may not run the package's own install script.
PLACEHOLDER_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Claude:
    """Headless Claude Code (`claude -p`), 2.1.197 and later."""

    #: A name to look for on the search path, or an absolute path.
    program: str = "claude"

    name: ClassVar[str] = "claude"
    credential_names: ClassVar[tuple[str, ...]] = (
        "CLAUDE_CODE_OAUTH_TOKEN",
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_BASE_URL",
    )

    def available(self, path: str | None = None) -> str | None:
        """The program itself, links followed: it is what a sandbox must be able to read."""
        found = shutil.which(self.program, path=path)
        if found is None:
            return None
        program = Path(found).resolve()
        if program.name == "claude.exe" and program.stat().st_size < PLACEHOLDER_BYTES:
            return _native_beside(program)
        return str(program)

    def command(self, brief: Brief) -> Command:
        return Command(
            argv=(brief.program, *_flags(brief)),
            environment=_environment(brief),
            stdin=brief.prompt.encode(),
            files={MCP_CONFIG: _mcp_config(brief), PurePosixPath("tmp/.keep"): b""},
            readable=(PurePosixPath(brief.program).parent,),
        )

    def reader(self, *, resumed: bool = False) -> Reader:
        return ClaudeReader(resumed=resumed)


def _flags(brief: Brief) -> list[str]:
    config = brief.config
    own_tools = [TOOL_PREFIX + tool for tool in config.tools]
    flags = ["-p", "--output-format", "stream-json", "--verbose"]
    flags += ["--setting-sources", "user", "--disable-slash-commands"]
    flags += ["--strict-mcp-config", "--mcp-config", str(brief.home / MCP_CONFIG)]
    flags += ["--permission-mode", config.permission_mode]
    flags += ["--tools", ",".join(config.agent_tools)]
    flags += ["--allowedTools", ",".join([*config.agent_tools, *own_tools])]
    if brief.system_prompt:
        flags += ["--append-system-prompt", brief.system_prompt]
    if config.model:
        flags += ["--model", config.model]
    if config.effort:
        flags += ["--effort", config.effort]
    if config.limits.max_turns is not None:
        flags += ["--max-turns", str(config.limits.max_turns)]
    if config.limits.max_cost_usd is not None:
        flags += ["--max-budget-usd", f"{config.limits.max_cost_usd:.4f}"]
    for place in brief.beside:
        flags += ["--add-dir", str(place)]
    if brief.resume_session_id:
        return [*flags, "--resume", brief.resume_session_id]
    return [*flags, "--session-id", brief.new_session_id]


def _environment(brief: Brief) -> dict[str, str]:
    config = brief.config
    longest_call = MCP_CALL + len(config.verify_commands) * config.verify_timeout
    passed = {name: brief.credentials[name] for name in Claude.credential_names if brief.credentials.get(name)}
    return {
        "HOME": str(brief.home),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "ANTHROPIC_BASE_URL": OWN_BASE_URL,
        **passed,
        "MCP_TIMEOUT": str(MCP_START * 1000),
        "MCP_TOOL_TIMEOUT": str(int(longest_call * 1000)),
        # Without it, bypassPermissions refuses to run as root.
        "IS_SANDBOX": "1",
        "CLAUDE_CODE_TMPDIR": str(brief.home / "tmp"),
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",
        "CLAUDE_CODE_DISABLE_AUTO_MEMORY": "1",
        "DISABLE_AUTOUPDATER": "1",
        # Our few tools are offered as they are, and not hidden behind a search.
        "ENABLE_TOOL_SEARCH": "false",
    }


def _mcp_config(brief: Brief) -> bytes:
    server = {
        "type": "http",
        "url": brief.endpoint.url,
        "headers": {"Authorization": f"Bearer {brief.endpoint.token}"},
    }
    return json.dumps({"mcpServers": {SERVER: server}}).encode()


def _native_beside(placeholder: Path) -> str | None:
    """The binary for this machine, in the package that npm put beside the one with the placeholder."""
    packages = placeholder.parents[2].glob("claude-code-*/claude")
    return next((str(program) for program in sorted(packages) if program.is_file()), None)
