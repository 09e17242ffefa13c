"""What a fake agent needs, standard library only: it runs in the sandbox, far from the tests.

Its output is read by `tests.worker.scripted.ScriptedReader`.
"""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ORDERS = json.loads(Path(os.environ["HOME"], "orders.json").read_text())
JOB, TASK, STORY = ORDERS["job_id"], ORDERS["task_id"], ORDERS["story_id"]


def emit(**event):
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def start(session=None):
    emit(type="session", session_id=session or ORDERS["session_id"])


def say(text):
    emit(type="said", text=text)


def meter(turns=0, cost=None):
    emit(type="metered", turns=turns, cost_usd=cost)


def finish():
    emit(type="finished")


def sh(command):
    subprocess.run(["/bin/sh", "-ec", command], check=True)


def write(path, content):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content if isinstance(content, bytes) else content.encode())


def commit(path="hello.txt", content="hello\n", message="Say hello"):
    write(path, content)
    sh(f"git add -A && git commit -qm '{message}'")


def call(tool, **arguments):
    """The tool's structured result, or {"refused": its text}."""
    emit(type="tool_called", id=tool, tool=tool, arguments=arguments)
    answer = post("tools/call", {"name": tool, "arguments": arguments})["result"]
    refused = answer.get("isError", False)
    text = answer["content"][0]["text"]
    emit(type="tool_returned", id=tool, text=text, is_error=refused)
    return {"refused": text} if refused else answer["structuredContent"]


def report(status="done", **more):
    given = {"job_id": JOB, "status": status, **more}
    return call("update_job_status", **given)


def post(method, params, token=None):
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    request = urllib.request.Request(
        ORDERS["url"],
        data=json.dumps(body).encode(),
        headers={
            "Authorization": "Bearer " + (token or ORDERS["token"]),
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            "MCP-Protocol-Version": "2025-06-18",
        },
    )
    with urllib.request.urlopen(request, timeout=60) as reply:
        for line in reply:
            if line.startswith(b"data: {"):
                return json.loads(line[6:])
    raise AssertionError("no answer")


def forever():
    while True:
        time.sleep(3600)
