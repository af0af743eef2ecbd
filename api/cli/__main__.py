"""`python -m api.cli`: the command line where the package is not installed."""

from api.cli import main

main()
