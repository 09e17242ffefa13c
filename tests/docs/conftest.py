"""Pages are followed with the command line's own fixtures."""

from tests.cli.conftest import repository, service

__all__ = ["repository", "service"]
