"""Why an assignment or a handover is refused."""

from typing import ClassVar

# CaseworkError
# ├── NotAssigned        not-assigned
# ├── SameWorker         same-worker
# └── CommandIdReused    command-id-used


class CaseworkError(ValueError):
    """It is refused, and nothing was recorded. `code` never changes; messages hold pseudonyms only."""

    code: ClassVar[str] = "casework-refused"


class NotAssigned(CaseworkError):
    """The worker does not have this role for this person."""

    code = "not-assigned"


class SameWorker(CaseworkError):
    """A shift is handed over to the worker who gives it."""

    code = "same-worker"


class CommandIdReused(CaseworkError):
    """Something else was told under this id."""

    code = "command-id-used"

    def __init__(self, command_id: str) -> None:
        super().__init__(f"command id {command_id} was used for something else: take a new one")
