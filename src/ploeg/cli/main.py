"""The command `ploeg`: its groups, and what every refusal becomes on a terminal.

Exit codes: 0 done, 1 failed, 2 bad input, 3 sign-in needed, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from ploeg import __version__
from ploeg.cli.lazy import LazyGroup

FAILED, BAD_INPUT, SIGN_IN_NEEDED, INTERRUPTED = 1, 2, 3, 130

COMMANDS = {
    "up": ("ploeg.cli.up:up", "Start a server and a worker on this machine."),
    "demo": ("ploeg.cli.demo.command:demo", "See the main job run once, in a throw-away home."),
    "product": ("ploeg.cli.product:product", "Products: a repository, what done means for it, and how its jobs run."),
    "backlog": ("ploeg.cli.backlog:backlog", "Backlog items, stories and tasks."),
    "sprint": ("ploeg.cli.sprint:sprint", "Sprints: a goal, the stories planned to reach it, and their runs."),
    "idea": ("ploeg.cli.idea:idea", "Ideas: grilled, planned, reviewed, then made into backlog."),
    "import": ("ploeg.cli.imports:import_", "Bring in plans, a Backlog.md folder, or a forge's issues."),
    "export": ("ploeg.cli.export:export", "Export everything that you may see, or one product."),
    "todo": ("ploeg.cli.todo:todo", "What you want to remember."),
    "docs": ("ploeg.cli.docs:docs", "Docs of a product: decisions, specs, plans, and the guide of its agents."),
    "job": ("ploeg.cli.job:job", "Queue agent work and follow it."),
    "pr": ("ploeg.cli.pr:pr", "Pull requests: how they stand, what was said about them, and what becomes of that."),
    "forge": ("ploeg.cli.forge.command:forge", "Forges: where repositories live, and what Ploeg may do there."),
    "queue": ("ploeg.cli.queue:queue", "Show what runs, what is next in which order, and why each job waits."),
    "budget": ("ploeg.cli.budget:budget", "Show what jobs spent today and this month, and what they may."),
    "schedule": ("ploeg.cli.schedule:schedule", "Tasks that are queued again and again."),
    "question": ("ploeg.cli.question:question", "What agents ask people, and your answers."),
    "notice": ("ploeg.cli.notice:notice", "Notices: where you are told what needs you, and what you were told."),
    "worker": ("ploeg.cli.worker:worker", "Run a worker on this machine, or list the workers there are."),
    "server": ("ploeg.cli.up:server", "Start a server without a worker."),
    "login": ("ploeg.cli.login:login", "Sign this machine's commands in to a server."),
    "token": ("ploeg.cli.token:token", "Tokens for people and for workers."),
    "backup": ("ploeg.cli.backup:backup", "Back up database, transcripts and settings into one file."),
    "restore": ("ploeg.cli.backup:restore", "Bring a backup back."),
    "doctor": ("ploeg.cli.doctor.command:doctor", "Check this machine and this installation."),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `ploeg demo`, then `ploeg up`. Settings: `ploeg doctor --settings`.",
)
@click.option("--home", metavar="DIR", help="Folder of everything Ploeg keeps.  [PLOEG_HOME]")
@click.option("--server", metavar="URL", help="The server to talk to.  [PLOEG_SERVER_URL]")
@click.version_option(__version__, prog_name="ploeg", message="%(prog)s %(version)s")
def root(home: str | None, server: str | None) -> None:
    """A self-hosted crew of headless coding agents that works off your backlog."""


def main() -> None:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """One command; its exit code. Says what went wrong on standard error, never with a traceback."""
    try:
        # None leaves colour to what standard output is.
        colour = False if os.environ.get("NO_COLOR") else None
        code = root.main(list(arguments), prog_name="ploeg", standalone_mode=False, color=colour)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return BAD_INPUT
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone, e.g. `| head`; Python would complain once more while it shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:  # noqa: BLE001  # the last resort: a person never gets a traceback
        return _refused(error)
    return code if isinstance(code, int) else 0


def _refused(error: Exception) -> int:
    from ploeg.cli.render import complain
    from ploeg.domain.errors import Invalid, NotFound, PloegError, Unauthenticated

    match error:
        case Invalid() | NotFound():
            complain(str(error))
            return BAD_INPUT
        case Unauthenticated():
            complain(str(error))
            return SIGN_IN_NEEDED
        case PloegError():
            complain(str(error))
            return FAILED
        case UnicodeEncodeError(reason="surrogates not allowed"):
            complain("an argument is no UTF-8 text")
            return BAD_INPUT
    complain(f"this should not happen: {type(error).__name__}: {error}")
    if os.environ.get("PLOEG_LOG_LEVEL") == "debug":
        import traceback

        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    else:
        complain("PLOEG_LOG_LEVEL=debug shows where; please report it")
    return FAILED
