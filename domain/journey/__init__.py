"""The journey: from touchpoints to stages by versioned rules, each move with its evidence.

table.py is the rules as data, rules.py their figures; contact.py, seen.py and standing.py say how we decided where the
rules leave room.
Import from here: `from domain.journey import journey_of, status, why`.
"""

from domain.journey.conditions import Requirement
from domain.journey.contact import is_contact
from domain.journey.episodes import Episode, episodes_of
from domain.journey.explanation import Ahead, Explanation, Step, why
from domain.journey.overrides import Override, override_at
from domain.journey.returns import QualifyingExit, Returns, qualifying_exit, returns_within
from domain.journey.rules import AS_RECORDED, SHIPPED, VERSION_1, NotAVersion, Rules, ensure_own_version
from domain.journey.spells import Anomaly, Journey, Spell
from domain.journey.standing import Standing, Status, status
from domain.journey.table import TABLE, Rule
from domain.journey.walk import journey_of

__all__ = [
    "AS_RECORDED",
    "SHIPPED",
    "TABLE",
    "VERSION_1",
    "Ahead",
    "Anomaly",
    "Episode",
    "Explanation",
    "Journey",
    "NotAVersion",
    "Override",
    "QualifyingExit",
    "Requirement",
    "Returns",
    "Rule",
    "Rules",
    "Spell",
    "Standing",
    "Status",
    "Step",
    "ensure_own_version",
    "episodes_of",
    "is_contact",
    "journey_of",
    "override_at",
    "qualifying_exit",
    "returns_within",
    "status",
    "why",
]
