"""Which code folds: a digest of everything that rows depend on, so that rows of two codes are never mixed unseen."""

from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

_PACKAGES = ("domain", "projections")


@cache
def fold_code() -> str:
    """SHA-256 over the sources of the domain and of the read models, by name, as hexadecimal text."""
    digest = sha256()
    for package in _PACKAGES:
        for name, source in sorted(_sources(files(package), package)):
            digest.update(b"%d:%b%d:%b" % (len(name), name.encode(), len(source), source))
    return digest.hexdigest()


def _sources(folder: Traversable, path: str) -> list[tuple[str, bytes]]:
    found = []
    for entry in folder.iterdir():
        name = f"{path}/{entry.name}"
        if entry.is_dir():
            found += _sources(entry, name)
        elif entry.name.endswith(".py"):
            found.append((name, entry.read_bytes()))
    return found
