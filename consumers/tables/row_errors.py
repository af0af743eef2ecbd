"""Why a row of a table gives no touchpoint, before the touchpoint itself is looked at (that: domain/refusals.py)."""

from typing import ClassVar

# RowError
# ├── WrongEncoding   wrong-encoding
# ├── WrongCsv        wrong-csv
# ├── WrongCell       wrong-cell
# ├── UnmappedValue   unmapped-value
# ├── IdMissing       id-missing
# ├── PersonalKey     personal-key
# └── WrongGroup      wrong-group


class RowError(ValueError):
    """A row is rejected. `code` never changes; the message names columns and rules, never a cell's content."""

    code: ClassVar[str] = "rejected"


class WrongEncoding(RowError):
    """Bytes that the mapping's encoding does not have."""

    code = "wrong-encoding"


class WrongCsv(RowError):
    """Quotes or a number of cells that do not fit."""

    code = "wrong-csv"


class WrongCell(RowError):
    """A cell is not the number, the date or the yes and no that the mapping says."""

    code = "wrong-cell"


class UnmappedValue(RowError):
    """A cell holds a value that the mapping's table does not have."""

    code = "unmapped-value"


class IdMissing(RowError):
    """A cell that makes the id or the participant is empty."""

    code = "id-missing"


class PersonalKey(RowError):
    """A participant's key looks like a phone number, an e-mail address or a resident registration number."""

    code = "personal-key"


class WrongGroup(RowError):
    """The rows of one group contradict each other."""

    code = "wrong-group"
