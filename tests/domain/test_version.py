"""A worker that is not of its server's version is told what to update."""

from __future__ import annotations

import pytest

from ploeg.domain.version import behind


@pytest.mark.parametrize(
    ("worker", "server", "said"),
    [
        ("0.1.0", "0.1.0", None),
        ("0.1.0", "0.2.0", "it is older than the server, 0.2.0: update the worker"),
        ("0.9", "0.10.1", "it is older than the server, 0.10.1: update the worker"),
        ("1.0.0", "0.10.1", "it is newer than the server, 0.10.1: update the server"),
        ("1.0", "1.0.0", "it is not of the server's version, 1.0.0"),
        ("1.0.0+local", "1.0.0", "it is not of the server's version, 1.0.0"),
        ("nonsense", "1.0.0", "it is older than the server, 1.0.0: update the worker"),
    ],
)
def test_what_is_said_of_two_versions(worker: str, server: str, said: str | None) -> None:
    assert behind(worker, server) == said
