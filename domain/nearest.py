"""The name that a misspelt or shortened one was most likely meant to be."""

from collections.abc import Iterable
from difflib import get_close_matches

_ALIKE = 0.75
"""From here on a typing error is likelier than another word: `sessions` is not meant to be `version`."""


def nearest(told: str, known: Iterable[str]) -> str | None:
    """One of the known names, whatever the case and the hyphens of the one told; None where none is near."""
    names = {_letters(name): name for name in known}
    letters = _letters(told)
    longer = [name for name in names if letters and name.startswith(letters)]
    found = longer or get_close_matches(letters, names, n=1, cutoff=_ALIKE)
    return names[found[0]] if found else None


def _letters(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "")
