"""What a command says while it works, on stderr: remarks, and how far it is: a bar on a terminal, elsewhere lines."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, Task, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from api.cli.plain_text import cleaned
from api.cli.progress_lines import Clock, ProgressLines


class Advance(Protocol):
    """Tells how far the work is; `count` is what the rate counts, where that is not `done` itself."""

    def __call__(self, done: int, total: int | None, count: int | None = None) -> None: ...


def remark(text: str) -> None:
    """One line for the reader, kept apart from the data on stdout."""
    Console(stderr=True, soft_wrap=True).print(Text(cleaned(text)))


@contextmanager
def bar(what: str, unit: str) -> Iterator[Advance]:
    """How far the block is, on stderr while it runs, with how many of a unit are done, and how many a second."""
    with bars(what, unit) as (advance, _):
        yield advance


@contextmanager
def bars(what: str, unit: str, *, clock: Clock = monotonic) -> Iterator[tuple[Advance, Callable[[str, int], None]]]:
    """A bar for the whole, and one below it for each of those who work at it, told by name and how much more it did.

    Where stderr is no terminal, lines for the whole alone: bars would show but their last state there.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        lines = ProgressLines(what, unit, remark, clock)
        try:
            yield lines.advance, lambda name, count: None
        finally:
            lines.end()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        _Rate(unit),
        TextColumn("ETA"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        whole = progress.add_task(what, total=None, count=0)
        own: dict[str, TaskID] = {}

        def advance(done: int, total: int | None, count: int | None = None) -> None:
            progress.update(whole, completed=done, total=total, count=done if count is None else count)

        def more(name: str, count: int) -> None:
            task = own.get(name)
            if task is None:
                task = own[name] = progress.add_task(f"  {name}", total=None, count=0)
            done = progress.tasks[progress.task_ids.index(task)].completed + count
            progress.update(task, completed=done, total=progress.tasks[0].total, count=int(done))

        yield advance, more


class _Rate(TextColumn):
    """How many are done, and how many a second on the whole."""

    def __init__(self, unit: str) -> None:
        super().__init__("")
        self._unit = unit

    def render(self, task: Task) -> Text:
        count: int = task.fields["count"]
        rate = f" ({count / task.elapsed:,.0f}/s)" if task.elapsed else ""
        return Text(f"{count:,} {self._unit}{rate}")
