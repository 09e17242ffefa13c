"""Faults on purpose: what must hold when processes die."""
