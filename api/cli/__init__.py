"""The command line `majung`: each command parses, calls and prints. Data on stdout, everything else on stderr.

Import from here: `from api.cli import app, main`.
"""

from api.cli.app import app


def main() -> None:
    """The entry point of the package."""
    app()


__all__ = ["app", "main"]
