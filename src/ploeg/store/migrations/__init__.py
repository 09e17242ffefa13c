"""Alembic's folder: `env.py` and the versions, oldest first. Run by `ploeg.store.migrate`."""
