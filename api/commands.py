"""What every command of staff states, wherever it comes from: who decided it, and why."""

from typing import Annotated

from pydantic import StringConstraints

Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]
"""A few open words on one line. Blanks around them are dropped, and nothing but blanks says nothing."""
Actor = Words
"""A worker's pseudonym."""
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
"""Why, in words that are stored sealed. Blanks around them are dropped, and nothing but blanks is no reason."""
