"""The files for containers, service managers and clusters say what this version of Ploeg understands."""

from __future__ import annotations

import json
import plistlib
import re
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from ploeg.settings import Settings, describe, environment_name

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
FILES = [ROOT / "Dockerfile", ROOT / "compose.yaml", *sorted(path for path in DEPLOY.rglob("*") if path.is_file())]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_only_settings_that_there_are_get_set(path: Path) -> None:
    known = {environment_name(name) for name, *_ in describe()}
    assert set(re.findall(r"PLOEG_[A-Z_]+[A-Z]", path.read_text("utf-8"))) <= known


def test_the_image_brings_the_agent_that_the_tests_drive() -> None:
    tested = json.loads((ROOT / "tests/agents/package.json").read_text())["dependencies"]["@anthropic-ai/claude-code"]
    assert f"ARG CLAUDE_CODE_VERSION={tested}\n" in (ROOT / "Dockerfile").read_text()


def test_the_image_does_not_run_as_root() -> None:
    assert re.findall(r"^USER (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE) == ["ploeg"]


def test_compose_starts_a_server_and_a_worker_and_postgres_on_wish_alone() -> None:
    services = compose()["services"]
    assert {name for name, service in services.items() if "profiles" not in service} == {"server", "worker"}
    assert services["worker"]["environment"]["PLOEG_TOKEN_FILE"] in (
        services["server"]["environment"]["PLOEG_WORKER_TOKEN_FILE"],
    )
    assert services["server"]["ports"] == ["${LISTEN_ON:-127.0.0.1}:7460:7460"]


def test_no_secret_is_in_any_environment() -> None:
    secret = re.compile(r"(PASSWORD|TOKEN|SECRET|_KEY)$")
    services = compose()["services"].values()
    names = [name for service in services for name in service.get("environment", {})]
    names += [variable["name"] for container in containers() for variable in container.get("env", ())]
    assert [name for name in names if secret.search(name)] == []


def test_whoever_stops_a_worker_waits_until_it_has_handed_its_jobs_back() -> None:
    defaults = Settings(home="/")
    least = defaults.drain_grace + defaults.kill_grace
    assert float(compose()["services"]["worker"]["stop_grace_period"].rstrip("s")) > least
    assert plist()["ExitTimeOut"] > least
    for unit in UNITS:
        grace = float(read_unit(unit)["Service"]["TimeoutStopSec"])
        assert grace > (defaults.shutdown_grace if "server" in unit.name else least)
    (worker,) = (spec for spec in pods() if spec["containers"][0]["name"] == "worker")
    (drain,) = (v["value"] for v in worker["containers"][0]["env"] if v["name"] == "PLOEG_DRAIN_GRACE")
    assert worker["terminationGracePeriodSeconds"] > float(drain)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_what_it_is_named_after(unit: Path) -> None:
    service = read_unit(unit)["Service"]
    assert service["ExecStart"] == f"/opt/ploeg/bin/ploeg {unit.stem.partition('-')[2] or 'up'}"
    assert service["User"] == "ploeg"
    # These would take from the sandbox what it is made of.
    if "server" not in unit.name:
        assert not {"RestrictNamespaces", "ProtectKernelTunables"} & set(service)


def test_launchd_starts_both_halves() -> None:
    assert plist()["ProgramArguments"][1:] == ["up"]


def test_no_container_of_the_cluster_may_become_root() -> None:
    for spec in pods():
        assert spec["securityContext"]["runAsNonRoot"]
        for container in spec["containers"]:
            assert container["securityContext"]["allowPrivilegeEscalation"] is False


def test_the_autoscaler_asks_for_numbers_that_the_queue_has() -> None:
    from ploeg.wire.queue import CountsOut, QueueOut

    (scaled,) = (found for found in documents(DEPLOY / "kubernetes/autoscale.yaml") if found["kind"] == "ScaledObject")
    assert "total" in QueueOut.model_fields
    for trigger in scaled["spec"]["triggers"]:
        assert trigger["metadata"]["valueLocation"].removeprefix("total.") in CountsOut.model_fields


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return loaded


def plist() -> dict[str, Any]:
    loaded: dict[str, Any] = plistlib.loads((DEPLOY / "launchd/org.ploeg.up.plist").read_bytes())
    return loaded


def read_unit(path: Path) -> ConfigParser:
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign] - names keep their capitals
    unit.read(path)
    return unit


def documents(path: Path) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def pods() -> Iterator[dict[str, Any]]:
    for path in MANIFESTS:
        for document in documents(path):
            if document["kind"] in {"Deployment", "StatefulSet"}:
                yield document["spec"]["template"]["spec"]


def containers() -> Iterator[dict[str, Any]]:
    for spec in pods():
        yield from spec["containers"]
