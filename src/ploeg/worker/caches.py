"""Packages that the jobs of one product download once: a folder outside their workspaces, shared by them alone."""

from __future__ import annotations

import os
from pathlib import Path

from ploeg.settings import Settings
from ploeg.wire.assignment import Assignment

CACHES = "caches"


def of_attempt(settings: Settings, assignment: Assignment) -> Path | None:
    """The folder of its product, made if there is none; None where the settings share nothing.

    The folder's time says when it was last used.
    """
    if not settings.share_caches:
        return None
    path = settings.home_path / CACHES / assignment.product.id
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.utime(path)
    return path


def environment(cache: Path) -> dict[str, str]:
    """Makes the usual package managers keep there what they download. pip, uv, Go's builds, Yarn and Composer go by the
    first of these."""
    return {
        "XDG_CACHE_HOME": str(cache),
        "npm_config_cache": str(cache / "npm"),
        "npm_config_store_dir": str(cache / "pnpm"),
        "GOMODCACHE": str(cache / "go-mod"),
        "CARGO_HOME": str(cache / "cargo"),
        "GRADLE_USER_HOME": str(cache / "gradle"),
        "MAVEN_ARGS": f"-Dmaven.repo.local={cache / 'maven'}",
    }
