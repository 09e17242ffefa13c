"""In the place of Claude Code: asks the model, does what it says, and prints what the real program prints for it.

Standard library only; it runs as an agent, far from everything else here.
"""

import http.client
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit


def main() -> None:
    session = _after("--resume") or _after("--session-id")
    emit(
        type="system",
        subtype="init",
        session_id=session,
        model="stand-in",
        mcp_servers=[{"name": "ploeg", "status": "connected"}],
    )
    prompt = sys.stdin.read()
    if "--session-id" in sys.argv:
        Path.home().joinpath("job_id").write_text(re.search(r"job_[0-9a-z]{26}", prompt).group())
    reply = ask_model(prompt, resumed="--resume" in sys.argv)
    if "rate_limit_info" in reply:
        emit(type="rate_limit_event", rate_limit_info=reply["rate_limit_info"])
    if reply["status"] != 200:
        refused(reply, session)
        return
    usage = {"input_tokens": 1200, "output_tokens": 300}
    emit(type="assistant", message={"id": "m1", "model": "stand-in", "content": "I am on it.", "usage": usage})
    DOING[reply["do"]](session)


def work(session: str) -> None:
    Path("work.txt").write_text(f"{session}\n{time.time_ns()}\n")
    subprocess.run("git add -A && git commit -qm 'The work'", shell=True, check=True)
    report("done", summary="It is done as the plan says.")
    finished(session)


def empty(session: str) -> None:
    """Says that it is done, and has done nothing."""
    report("done", summary="It is done as the plan says.")
    finished(session)


def fail(session: str) -> None:
    report("failed", error="The plan contradicts itself.")
    finished(session)


def forget(session: str) -> None:
    """Ends well and reports nothing."""
    finished(session)


def crash(session: str) -> None:
    os.kill(os.getpid(), 9)


def hang(session: str) -> None:
    while True:
        time.sleep(3600)


DOING = {"work": work, "empty": empty, "fail": fail, "forget": forget, "crash": crash, "hang": hang}


def refused(reply: dict, session: str) -> None:
    words = reply.get("error", "refused")
    emit(type="assistant", message={"id": "m0", "model": "<synthetic>", "content": words}, error=reply.get("kind"))
    emit(
        type="result",
        subtype="success",
        is_error=True,
        api_error_status=reply["status"],
        result=words,
        session_id=session,
    )
    sys.exit(1)


def finished(session: str) -> None:
    emit(
        type="result",
        subtype="success",
        is_error=False,
        result="Done.",
        session_id=session,
        num_turns=1,
        total_cost_usd=0.01,
        usage={"input_tokens": 1200, "output_tokens": 300},
    )


def report(status: str, **more: str) -> None:
    config = json.loads(Path(_after("--mcp-config")).read_text())["mcpServers"]["ploeg"]
    prompt = {"name": "update_job_status", "arguments": {"job_id": job_id(), "status": status, **more}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": prompt}
    headers = {
        **config["headers"],
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "MCP-Protocol-Version": "2025-06-18",
    }
    post(config["url"], body, headers)


def ask_model(prompt: str, *, resumed: bool) -> dict:
    token = os.environ.get("CLAUDE_CODE_OAUTH_TOKEN", "")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    asked = {"prompt": prompt, "session": _after("--resume") or _after("--session-id"), "resumed": resumed}
    return json.loads(post(os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages", asked, headers))


def job_id() -> str:
    """As the conversation's first prompt named it; the HOME stays with the conversation."""
    return Path.home().joinpath("job_id").read_text()


def post(url: str, body: dict, headers: dict) -> bytes:
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=3600)
    connection.request("POST", place.path, json.dumps(body), headers)
    return connection.getresponse().read()


def emit(**line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _after(flag: str) -> str:
    return sys.argv[sys.argv.index(flag) + 1] if flag in sys.argv else ""


main()
