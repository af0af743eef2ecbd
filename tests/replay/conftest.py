"""A journal with all read models established, and ways to compare its rows."""

from collections.abc import Callable

import pytest

from replay.journal import Journal
from replay.live import generations
from tests.conftest import MODELS

Digests = dict[str, str]


@pytest.fixture
def digests(tracked: Journal) -> Callable[[], Digests]:
    """Reads all live rows back and tells the digest of each read model."""

    def read() -> Digests:
        with tracked.database.read() as connection:
            return {
                generation.model.name: generation.model.digest(generations.read(connection, generation))
                for generation in generations.live(connection, MODELS)
            }

    return read
