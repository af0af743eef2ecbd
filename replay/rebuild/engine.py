"""What folds the parts of a replay: this process with others beside it (crew.py), or a cluster (cluster.py)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol
from uuid import UUID

from domain.components import Link
from projections.read_model import ReadModel
from replay.database import Database, DatabaseUnusable
from replay.journal import Journal
from replay.reading import Reader
from replay.rebuild.ledger import Rebuild
from replay.rebuild.parts import Done, Part, PartFolder

# DatabaseUnusable
# ├── WorkersLost         those who fold were ended from outside, again and again
# ├── WorkerUnfit         one of them would fold something else
# └── WorkerFailed        the database or the vault refused one of them
# ClusterUnusable
# ├── DaskExtraMissing    it is not installed
# ├── NotForFiles         the journal lies in a file
# └── SchedulerSilent     nothing answers where the scheduler was said to be


class WorkersLost(DatabaseUnusable):
    """Those who fold were ended from outside, again and again."""


class WorkerUnfit(DatabaseUnusable):
    """One of those who fold has another journal, another vault or another release than the replay."""


class WorkerFailed(DatabaseUnusable):
    """The database or the vault refused one of those who fold."""


class ClusterUnusable(Exception):
    """No cluster can fold here; the message says what to change."""


class DaskExtraMissing(ClusterUnusable):
    """The extra `dask` is not installed."""


class NotForFiles(ClusterUnusable):
    """The journal lies in a file, which workers on other machines do not reach."""


class SchedulerSilent(ClusterUnusable):
    """Nothing answers as a scheduler at the address."""


class Copy(NamedTuple):
    """A copy of what is folded, in which the rows of a person lie together."""

    place: str
    """By which other processes of the replay find it: a URL, or the name of a table beside the journal."""
    database: Database
    reader: Reader


class Opened(NamedTuple):
    """What a process that folds needs: a journal of its own, and the read models by which it folds."""

    journal: Journal
    models: Sequence[ReadModel]
    archived: Journal | None = None
    """What is folded is read from here, where the replay is made from an archive: a copy of the journal until then."""
    copy: Copy | None = None
    """Read instead of either, where a replay made one."""


Opening = Callable[[], AbstractContextManager[Opened]]
"""Opens the same journal in another process: a function that can be pickled."""


class Engine(Protocol):
    """Folds parts. Whoever does it, rows and mark of a part are one transaction, and no part is written twice."""

    def fold(
        self,
        here: Opened,
        rebuild: Rebuild,
        links: Mapping[UUID, Sequence[Link]],
        left: Callable[[], Sequence[Part]],
    ) -> Iterator[Done]:
        """Fold the parts that are `left`, in no particular order, with what is open `here` or by others.

        Raises WorkersLost, WorkerUnfit and WorkerFailed, and what a PartFolder raises.
        """
        ...


def part_folder(
    opened: Opened, rebuild: Rebuild, links: Mapping[UUID, Sequence[Link]], worker: str | None = None
) -> PartFolder:
    """What folds parts of this replay in a process that helps.

    Raises WorkerUnfit where it does not fold the same read models in the same versions.
    """
    models = [model for model in opened.models if model.name in rebuild.made]
    here = {model.name: model.version for model in models}
    if others := [name for name, (_, version) in rebuild.made.items() if here.get(name) != version]:
        raise WorkerUnfit(f"a worker folds no {', '.join(others)} of this version: install the same release everywhere")
    source = opened.copy or opened.archived or opened.journal
    return PartFolder(opened.journal, models, rebuild, links, worker, source=(source.database, source.reader))
