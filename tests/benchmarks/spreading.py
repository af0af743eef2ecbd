"""A log folded by the workers of a Dask cluster on this machine, against one process and against as many of a crew."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import islice

from replay.rebuild import Crew, rebuild
from replay.rebuild.cluster import cluster
from tests.benchmarks.events import realistic
from tests.benchmarks.ground import Ground
from tests.benchmarks.measuring import Measured, take_turns
from tests.benchmarks.rebuilding import opened
from tests.benchmarks.sizes import Sizes
from tests.clusters import scheduler, worker
from tests.conftest import MODELS

_WORKERS = 2
"""On two processors, which they share with the database's server."""


def spread(ground: Ground, sizes: Sizes) -> Iterator[Measured]:
    """Two lengths, on PostgreSQL alone: a file is on no other machine. The workers run, and have folded before."""
    if ground.server is None:
        return
    for events in (sizes.log, sizes.long_log):
        yield from _spread(ground, sizes, events)


def _spread(ground: Ground, sizes: Sizes, events: int) -> Iterator[Measured]:
    journal, told = ground.journal(), realistic(events)
    while batch := list(islice(told, sizes.large_batch)):
        journal.record(batch)
    opening = partial(opened, journal.database.url, journal.vault.database.url)
    with ExitStack() as closing:
        address = closing.enter_context(scheduler(ground.folder))
        for number in range(_WORKERS):
            closing.enter_context(worker(ground.folder, address, f"worker-{number}", {}))
        engine = closing.enter_context(cluster(journal, address, opening))
        ways = (
            partial(rebuild, journal, MODELS, engine=engine),
            partial(rebuild, journal, MODELS, engine=Crew(_WORKERS, opening)),
            partial(rebuild, journal, MODELS),
        )
        assert ways[0]().events == events
        spent = [take_turns(*([way] for way in ways)) for _ in range(sizes.pairs)]
    case = f"replay {events:,}, {_WORKERS} Dask workers"
    for other, name in ((1, f"{_WORKERS} processes"), (2, "1 process")):
        turns = [(turn[0].wall, turn[other].wall) for turn in spent]
        yield Measured(f"{case} / {name}", ground.database, turns, None, "s")
