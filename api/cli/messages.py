"""What a command says while it works, on stderr: remarks, and a bar with rate and time left."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, Task, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from api.cli.plain_text import cleaned


class Advance(Protocol):
    """Tells how far the work is; `count` is what the rate counts, where that is not `done` itself."""

    def __call__(self, done: int, total: int | None, count: int | None = None) -> None: ...


def remark(text: str) -> None:
    """One line for the reader, kept apart from the data on stdout."""
    Console(stderr=True, soft_wrap=True).print(Text(cleaned(text)))


@contextmanager
def bar(what: str, unit: str) -> Iterator[Advance]:
    """A progress bar on stderr while the block runs, with how many of a unit are done, and how many a second."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        _Rate(unit),
        TextColumn("ETA"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(what, total=None, count=0)

        def advance(done: int, total: int | None, count: int | None = None) -> None:
            progress.update(task, completed=done, total=total, count=done if count is None else count)

        yield advance


class _Rate(TextColumn):
    """How many are done, and how many a second on the whole."""

    def __init__(self, unit: str) -> None:
        super().__init__("")
        self._unit = unit

    def render(self, task: Task) -> Text:
        count: int = task.fields["count"]
        rate = f" ({count / task.elapsed:,.0f}/s)" if task.elapsed else ""
        return Text(f"{count:,} {self._unit}{rate}")
