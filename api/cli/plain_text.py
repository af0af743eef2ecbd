"""Text that a terminal shows and does not obey: what controls it is written out as an escape."""

import re

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""C0 and C1 controls, line separators, everything that turns the direction of writing, and lone surrogates."""


def cleaned(text: str) -> str:
    """The same text with every control character as `\\x1b` or `\\u202e`."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
