"""What every table of a mapping file has in common: frozen, strict, and no key that means nothing."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

EACH = "*"
"""In place of a column's name: the column that `for_each` is at."""

Column = Annotated[str, StringConstraints(min_length=1)]
Scalar = bool | int | float | str


class MappingPart(BaseModel):
    """A table of a mapping file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)
