"""`make bench`: measure every case on both databases and print one table; ARGS="--case replay --database sqlite"."""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.appending import one_by_one, ten_thousands, thousands
from tests.benchmarks.archiving import archive
from tests.benchmarks.ground import Ground, ground
from tests.benchmarks.ingesting import ingest, members
from tests.benchmarks.measuring import Measured
from tests.benchmarks.publishing import publish
from tests.benchmarks.rebuilding import beside, crew, runner
from tests.benchmarks.replaying import growth, refold, replay, ten_times
from tests.benchmarks.sharing import workers
from tests.benchmarks.sizes import FULL, QUICK, Sizes
from tests.benchmarks.spreading import spread
from tests.benchmarks.table import table
from tests.servers import postgres

CASES: Mapping[str, Callable[[Ground, Sizes], Iterator[Measured]]] = {
    "thousands": thousands,
    "ten-thousands": ten_thousands,
    "one-by-one": one_by_one,
    "refold": refold,
    "replay": replay,
    "growth": growth,
    "ten-times": ten_times,
    "crew": crew,
    "spread": spread,
    "runner": runner,
    "beside": beside,
    "archive": archive,
    "ingest": ingest,
    "members": members,
    "publish": publish,
    "workers": workers,
}
LARGE = ("growth", "crew")
"""Takes many minutes: only with --large, or by name."""
BY_NAME = ("ten-times", "spread")
"""The first takes an hour on both databases, and 30 GB of disk; the other is of PostgreSQL alone."""
DATABASES = ("sqlite", "postgresql")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is asked for; progress goes to stderr, the table to stdout."""
    asked = _parser().parse_args(arguments)
    cases = asked.case or [name for name in CASES if name not in BY_NAME and (asked.large or name not in LARGE)]
    sizes = QUICK if asked.quick else FULL
    if asked.pairs:
        sizes = replace(sizes, pairs=asked.pairs)
    print(table(measured(cases, asked.database or DATABASES, sizes, asked.folder)))


def measured(cases: Sequence[str], databases: Sequence[str], sizes: Sizes, folder: Path) -> list[Measured]:
    """The results of these cases on these databases, case by case."""
    results: list[Measured] = []
    with ExitStack() as closing:
        servers = {name: _server(name, closing) for name in databases}
        for name in cases:
            for database, server in servers.items():
                print(f"{name} on {database} ...", file=sys.stderr, flush=True)
                with ground(server, folder) as place:
                    results += CASES[name](place, sizes)
    return results


def _server(database: str, closing: ExitStack) -> str | None:
    return closing.enter_context(postgres(durable=True)) if database == "postgresql" else None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description="Ratios to yardsticks, measured in one run.")
    parser.add_argument("--case", action="append", choices=CASES, help="only this one (may be repeated)")
    parser.add_argument("--database", action="append", choices=DATABASES, help="only this one")
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that it runs, and nothing else")
    parser.add_argument("--large", action="store_true", help="also a log of a million events")
    parser.add_argument("--pairs", type=int, help="how often ours and the yardstick take turns")
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"), help="where SQLite's files go: on a real disk")
    return parser


if __name__ == "__main__":
    main()
