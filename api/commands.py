"""What every command of staff states, wherever it comes from: who decided it, and why."""

from typing import Annotated

from pydantic import StringConstraints

from domain.touchpoint import ON_ONE_LINE

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=ON_ONE_LINE)]
"""A few open words on one line. Blanks around them are dropped, and nothing but blanks says nothing."""
Actor = Words
"""A worker's pseudonym."""
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
"""Why, in words that are stored sealed. Blanks around them are dropped, and nothing but blanks is no reason."""
