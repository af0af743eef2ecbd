"""CloudEvents from a file: one JSON object a line (JSONL, UTF-8), the canonical form of import and export."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import BinaryIO

from consumers.lines import lines_of
from consumers.units import Read, Reject, Unit
from domain.intake import MOST_BYTES, SKEW, IntakeError, read_event
from domain.refusals import TooLarge


def cloud_events(
    file: BinaryIO, *, now: datetime, skew: timedelta = SKEW, from_producer: bool = True
) -> Iterator[Unit]:
    """One unit for every line that is not blank, in the order of the file, holding one line at a time."""
    for number, raw, whole in lines_of(file):
        if not whole:
            message = f"the line has more than {MOST_BYTES:,} bytes; only its beginning is kept here"
            yield Reject(number, TooLarge.code, message, raw)
            continue
        if not raw.strip():
            continue
        try:
            yield Read(number, raw, read_event(raw, now=now, skew=skew, from_producer=from_producer))
        except IntakeError as error:
            yield Reject(number, error.code, str(error), raw)
