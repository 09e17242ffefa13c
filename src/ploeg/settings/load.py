"""Reads the settings: the only reader of the environment and of `ploeg.toml`."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, get_origin, get_type_hints

import msgspec

from ploeg.domain.errors import Invalid
from ploeg.domain.hours import zone_named
from ploeg.settings.all import Settings

PREFIX = "PLOEG_"
FILE = "ploeg.toml"


def load(environment: Mapping[str, str] | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """The settings in force. `overrides` are the command line's flags, and win. Raises `Invalid`."""
    environment = os.environ if environment is None else environment
    given = {k: v for k, v in (overrides or {}).items() if v is not None}
    from_environment = _from_environment(environment)
    home = str(given.get("home") or from_environment.get("home") or _default_home(environment))
    values = {
        **_time_zone(environment),
        **_from_file(Path(home) / FILE),
        **from_environment,
        **given,
        "home": str(Path(home).expanduser().absolute()),
    }
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise _explained(error, values) from None


def environment_name(name: str) -> str:
    return PREFIX + name.upper()


def describe() -> list[tuple[str, str, Any, str]]:
    """Name, type, default and help of every setting, in order."""
    hints = get_type_hints(Settings, include_extras=True)
    rows = []
    for field in msgspec.structs.fields(Settings):
        annotated = hints[field.name]
        default = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
        rows.append((field.name, _type_name(annotated.__origin__), default, annotated.__metadata__[0].description))
    return rows


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    lists = {name for name, kind, _, _ in describe() if kind == "list"}
    known = {environment_name(f.name): f.name for f in msgspec.structs.fields(Settings)}
    values: dict[str, Any] = {}
    for variable, text in environment.items():
        if not variable.startswith(PREFIX):
            continue
        if variable not in known:
            raise Invalid(variable, text, "there is no such setting; `ploeg doctor --settings` lists them")
        name = known[variable]
        values[name] = [part.strip() for part in text.split(",") if part.strip()] if name in lists else text
    return values


def _from_file(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(str(path), str(error), "mend the file or move it away") from None
    known = {f.name for f in msgspec.structs.fields(Settings)}
    for name, value in content.items():
        if name not in known:
            raise Invalid(name, value, f"{path} has no such setting; `ploeg doctor --settings` lists them")
    return content


def _default_home(environment: Mapping[str, str]) -> Path:
    data_home = environment.get("XDG_DATA_HOME") or str(Path(environment.get("HOME", "~")) / ".local" / "share")
    return Path(data_home).expanduser() / "ploeg"


def _time_zone(environment: Mapping[str, str]) -> dict[str, str]:
    """What TZ says, where that is a name of the time zone database."""
    with suppress(Invalid):
        return {"time_zone": zone_named(environment.get("TZ", "").removeprefix(":")).key}
    return {}


def _explained(error: msgspec.ValidationError, values: Mapping[str, Any]) -> Invalid:
    what, _, where = str(error).partition(" - at `$.")
    name = where.split("`")[0].split("[")[0]
    return Invalid(name or "settings", values.get(name, ""), what[0].lower() + what[1:])


def _type_name(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(kind.__args__)
    return "list" if get_origin(kind) is list else str(kind.__name__)
