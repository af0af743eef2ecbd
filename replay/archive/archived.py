"""What is archived of a journal, for who folds it. Needs no pyarrow."""

from collections.abc import Mapping
from typing import NamedTuple

from replay.archive.refusals import ArchiveTooShort
from replay.journal import Journal


class Archived(NamedTuple):
    """An archive of the journal: a replay that is made from it reads the journal only for what was recorded since."""

    until: Mapping[int, int]
    """How far it goes, by shard."""
    copy: Journal | None = None
    """What is archived, as a journal of its own; None where only those who help have one."""

    def ensure_reaches(self, until: Mapping[int, int]) -> None:
        """Make sure that it goes at least until these positions, by shard. Raises ArchiveTooShort."""
        if any(self.until[shard] < position for shard, position in until.items()):
            raise ArchiveTooShort(
                "the archive ends before the replay that it is to be read for: run `majung export journal` first, or"
                " replay without --from-archive"
            )
