"""The results as one table in Markdown, so that docs/performance.md holds them as they were printed."""

from collections.abc import Iterable, Sequence
from statistics import median

from tests.benchmarks.measuring import Measured

_HEADER = ("case / yardstick", "database", "ours", "yardstick", "ratio", "min-max", "processor", "goal", "met")


def table(results: Iterable[Measured]) -> str:
    """One line a result: medians, the median ratio and its range, the ratio of processor time, the goal."""
    lines = [_HEADER, *map(_line, results)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    header, *rest = (_padded(line, widths) for line in lines)
    return "\n".join([header, f"|{'|'.join('-' * (width + 2) for width in widths)}|", *rest])


def _line(result: Measured) -> tuple[str, ...]:
    ours, yardstick = (median(values) for values in zip(*result.pairs, strict=True))
    least, most = result.ratios[0], result.ratios[-1]
    return (
        result.case,
        result.database,
        f"{ours:,.1f} {result.unit}",
        f"{yardstick:,.1f} {result.unit}",
        f"{median(result.ratios):.2f}",
        f"{least:.2f}-{most:.2f}",
        "" if result.cpu is None else f"{result.cpu:.2f}",
        "" if result.goal is None else str(result.goal),
        {None: "", True: "yes", False: "NO"}[result.is_met],
    )


def _padded(line: Sequence[str], widths: Sequence[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |"
