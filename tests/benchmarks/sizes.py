"""How much is measured: the sizes that the goals are about, and small ones that only show that everything runs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Numbers of events, unless said otherwise."""

    pairs: int = 7
    """How often ours and the yardstick take turns."""
    steps: int = 5
    """Batches of a thousand on either side of a pair."""
    small_batch: int = 1_000
    large_batch: int = 10_000
    already_there: int = 100_000
    """Rows that the tables hold before large batches and single facts are appended."""
    facts: int = 100
    """Single facts on either side of a pair."""
    people: int = 200
    """Long histories, each folded anew on either side of a pair."""
    log: int = 200_000
    """The log that is replayed."""
    messages: int = 50_000
    """Taken in from Kafka on either side of a pair: what is fetched while a consumer joins is soon used up."""
    niceness: int = 19
    """Of a replay that gives way to readers: on a machine with much else to do, it would hardly come on."""
    reads: int = 2_000
    """People whose rows are read beside a replay."""
    short_log: int = 100_000
    long_log: int = 1_000_000


FULL = Sizes()
QUICK = Sizes(
    pairs=1,
    steps=2,
    small_batch=100,
    large_batch=500,
    already_there=1_000,
    facts=5,
    people=5,
    log=1_000,
    messages=500,
    niceness=0,
    reads=1,
    short_log=500,
    long_log=2_000,
)
