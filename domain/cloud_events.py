"""Which attribute of CloudEvents 1.0 is which field of a touchpoint, and the canonical CloudEvent of one.

subject = participant      time = occurred_at      type = stored name      id = source_id      source = source
extensions: actor site organisation district basis origin precision codelists (= code_list_version)
data: the fields of the type itself, and `note`
"""

from datetime import UTC, datetime
from typing import Any, Final

from domain.touchpoint import Touchpoint

REQUIRED: Final = {"id": "source_id", "source": "source", "subject": "participant_id", "time": "occurred_at"}
EXTENSIONS: Final = {
    "actor": "actor",
    "site": "site",
    "organisation": "organisation",
    "district": "district",
    "basis": "basis",
    "origin": "origin",
    "precision": "precision",
    "codelists": "code_list_version",
}
ATTRIBUTE_OF: Final = {field: attribute for attribute, field in (REQUIRED | EXTENSIONS).items()}


def cloud_event(event: Touchpoint) -> dict[str, Any]:
    """The touchpoint as others read it: JSON values only, time stamps in UTC, absent fields left out.

    In the shape it has, and under the name of that: what is read from the journal is in the present one.
    """
    plain = event.model_dump(mode="json")
    plain |= {name: in_utc(value) for name, value in event.__dict__.items() if isinstance(value, datetime)}
    told: dict[str, Any] = {"specversion": "1.0", "type": type(event).stored_as, "datacontenttype": "application/json"}
    told |= {attribute: plain[field] for field, attribute in ATTRIBUTE_OF.items() if plain[field] is not None}
    own = [name for name in type(event).model_fields if name not in ATTRIBUTE_OF]
    told["data"] = {name: plain[name] for name in own if plain[name] is not None}
    return told


def in_utc(moment: datetime) -> str:
    """A time stamp in UTC (RFC 3339), the same text for the same instant."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
