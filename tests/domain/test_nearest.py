"""Which name a misspelt one was meant to be."""

import pytest

from domain.nearest import nearest

KNOWN = ["as_of", "known_at", "limit", "version", "sessions_attended"]


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("as_off", "as_of"),
        ("asOf", "as_of"),
        ("known-at", "known_at"),
        ("KnownAt", "known_at"),
        ("limt", "limit"),
        ("sessions", "sessions_attended"),
    ],
)
def test_a_misspelt_name_is_taken_for_the_one_it_is_nearest_to(told: str, meant: str) -> None:
    assert nearest(told, KNOWN) == meant


@pytest.mark.parametrize("told", ["", "_", "colour", "Hong-Gildong", "season"])
def test_another_word_is_taken_for_none(told: str) -> None:
    assert nearest(told, KNOWN) is None
