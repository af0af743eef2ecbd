"""Which code folds: a digest of everything that rows depend on, so that rows of two codes are never mixed unseen."""

from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

_PACKAGES = ("domain", "projections")
_MODULES = (
    "identities.py",
    "lens.py",
    "live/folded_rows.py",
    "live/generations.py",
    "live/held.py",
    "live/rule_sets.py",
    "live/worker.py",
    "mapper.py",
    "reading.py",
    "rebuild/by_person/__init__.py",
    "rebuild/by_person/in_file.py",
    "rebuild/by_person/in_table.py",
    "rebuild/parts.py",
    "vault.py",
)
"""Of replay/: how a history comes out of the journal, and its rows into their tables."""


@cache
def fold_code() -> str:
    """SHA-256 over the sources, by name, as hexadecimal text."""
    digest = sha256()
    for name, source in sources():
        digest.update(b"%d:%b%d:%b" % (len(name), name.encode(), len(source), source))
    return digest.hexdigest()


def sources() -> list[tuple[str, bytes]]:
    """The domain, the read models, and what of replay/ stands between them and the journal; by name, in order."""
    found = [source for package in _PACKAGES for source in _sources(files(package), package)]
    replay = files("replay")
    found += [(f"replay/{name}", replay.joinpath(name).read_bytes()) for name in _MODULES]
    return sorted(found)


def _sources(folder: Traversable, path: str) -> list[tuple[str, bytes]]:
    found = []
    for entry in folder.iterdir():
        name = f"{path}/{entry.name}"
        if entry.is_dir():
            found += _sources(entry, name)
        elif entry.name.endswith(".py"):
            found.append((name, entry.read_bytes()))
    return found
