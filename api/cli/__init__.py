"""The command line `majung`: each command parses, calls and prints. Data on stdout, everything else on stderr.

Import from here: `from api.cli import app, main`.
"""

from replay.garbage import not_collecting

with not_collecting():
    # A command begins sooner where nobody looks through half-made models for garbage.
    from api.cli.app import app


def main() -> None:
    """The entry point of the package."""
    app()


__all__ = ["app", "main"]
