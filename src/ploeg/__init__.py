"""Ploeg: a self-hosted crew of headless coding agents that works off your backlog."""

__version__ = "0.1.0"
