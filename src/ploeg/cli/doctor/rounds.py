"""The doctor's rounds: everything that a first job needs, in the order of reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ploeg.cli.doctor import agents, machine, repositories, server
from ploeg.cli.doctor.check import Check
from ploeg.cli.session import current_settings
from ploeg.domain.errors import PloegError
from ploeg.settings import Settings

Look = Callable[[Settings], Iterator[Check]]

QUICK: tuple[Look, ...] = (
    machine.home,
    machine.sqlite,
    machine.git,
    machine.sandbox,
    machine.runtimes,
    server.server,
    repositories.forges,
)
#: These do something: a push, a call of a model, a message.
DEEP: tuple[Look, ...] = (repositories.pushes, agents.trials, server.notices)


def checks(*, deep: bool) -> Iterator[Check]:
    """Each as soon as it is done; settings that cannot be read end it."""
    yield machine.python()
    try:
        settings = current_settings()
    except PloegError as error:
        yield Check("settings", "failed", str(error))
        return
    for look in (*QUICK, *(DEEP if deep else ())):
        try:
            yield from look(settings)
        except (PloegError, OSError) as error:
            yield Check(look.__name__, "failed", str(error))
