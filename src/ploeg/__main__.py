"""`python -m ploeg` is `ploeg`."""

from ploeg.cli.main import main

main()
