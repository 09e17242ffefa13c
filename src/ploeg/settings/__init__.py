"""Every setting: its name, default and help.

A setting is looked up first in the environment (`PLOEG_` and its name in capitals), then in `ploeg.toml` in Ploeg's
home, then its default stands. An unknown name in either place is an error, so that a typing mistake is not silent.
A list is written with commas in the environment and as a list in the file.
"""

from ploeg.settings.all import Settings
from ploeg.settings.load import FILE, PREFIX, describe, environment_name, load

__all__ = ["FILE", "PREFIX", "Settings", "describe", "environment_name", "load"]
