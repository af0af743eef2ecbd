"""The journey: from touchpoints to stages by versioned rules, each move with its evidence.

table.py is the rules as data, rules.py their figures; contact.py, seen.py and standing.py say how we decided where the
rules leave room.
Import from here: `from domain.journey import journey_of, status, why`.
"""

from domain.journey.conditions import Requirement
from domain.journey.contact import is_contact
from domain.journey.explanation import Ahead, Explanation, Step, why
from domain.journey.overrides import Override, override_at
from domain.journey.returns import QualifyingExit, qualifying_exit
from domain.journey.rules import AS_RECORDED, VERSION_1, Rules
from domain.journey.spells import Anomaly, Journey, Spell
from domain.journey.standing import Standing, Status, status
from domain.journey.table import TABLE, Rule
from domain.journey.walk import OPENED, WATCHED, journey_of

__all__ = [
    "AS_RECORDED",
    "OPENED",
    "TABLE",
    "VERSION_1",
    "WATCHED",
    "Ahead",
    "Anomaly",
    "Explanation",
    "Journey",
    "Override",
    "QualifyingExit",
    "Requirement",
    "Rule",
    "Rules",
    "Spell",
    "Standing",
    "Status",
    "Step",
    "is_contact",
    "journey_of",
    "override_at",
    "qualifying_exit",
    "status",
    "why",
]
