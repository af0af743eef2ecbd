"""The figures of the stage rules: a version, and every threshold by name.

A version is a promise: rows that say "1" were made with exactly these figures. Other figures go under another name,
which `varied` makes up, so that a what-if or a sensitivity run can never be taken for the real thing.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.codes import Stage

_MOST = 1_000_000
"""As a number of days, longer than anybody lives, and still within the calendar."""
_FromOne = Annotated[int, Field(ge=1, le=_MOST)]
_FromNone = Annotated[int, Field(ge=0, le=_MOST)]


class Rules(BaseModel):
    """One rule set. Days are calendar days in Seoul. The figures are conventions of ours unless a source is named."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    version: str = "1"
    as_recorded: bool = False
    """Take the states that an outside system observed (`state-observed`) instead of the rules."""

    lonely_score: _FromOne = 6
    """UCLA-3 score from which somebody counts as lonely (the cut-off in common use)."""
    reliable_rise: _FromOne = 3
    """UCLA-3 points that are more than error: 1.96 * SD 1.81 * sqrt(2 * (1 - alpha .81)) = 2.2, so 3 whole points
    (Jacobson and Truax 1991)."""

    well_scores_days_apart: _FromNone = 28
    well_assessed_after_days: _FromNone = 28
    sessions_attended: _FromOne = 4
    maintained_days: _FromNone = 90
    relapse_days_apart_min: _FromNone = 7
    relapse_days_apart_max: _FromNone = 90

    silent_prevention_days: _FromOne = 90
    silent_healing_days: _FromOne = 30
    silent_return_days: _FromOne = 60
    silent_re_isolation_prevention_days: _FromOne = 90
    lost_days: _FromOne = 180

    unstable_days: _FromNone = 14
    """A way back sooner than this is a transfer, not a return (HUD System Performance Measure 2)."""

    @model_validator(mode="after")
    def _means_what_it_says(self) -> Self:
        if self.relapse_days_apart_min > self.relapse_days_apart_max:
            raise ValueError("relapse_days_apart_min is greater than relapse_days_apart_max: no pair could ever count")
        if self.version == "1" and (changed := self._changed()):
            raise ValueError(f"version 1 has its own {', '.join(changed)}: give other figures another version")
        return self

    def _changed(self) -> list[str]:
        fields = type(self).model_fields.items()
        return [name for name, field in fields if getattr(self, name) != field.default]

    def varied(self, **figures: Any) -> Self:
        """The same rules with other figures, under a version that names them: `1 maintained_days=60`."""
        version = " ".join([self.version, *(f"{name}={value}" for name, value in sorted(figures.items()))])
        return type(self).model_validate(self.model_dump() | {"version": version} | figures)

    def silent_days(self, stage: str | None) -> int | None:
        """Days without contact after which a person in that stage counts as silent; None where nobody does."""
        match stage:
            case Stage.PREVENTION:
                return self.silent_prevention_days
            case Stage.HEALING:
                return self.silent_healing_days
            case Stage.RETURN:
                return self.silent_return_days
            case Stage.RE_ISOLATION_PREVENTION:
                return self.silent_re_isolation_prevention_days
        return None


VERSION_1 = Rules()
AS_RECORDED = Rules(version="as-recorded", as_recorded=True)
SHIPPED: Final[Mapping[str, Rules]] = {rules.version: rules for rules in (VERSION_1, AS_RECORDED)}
"""The rule sets that every Majung knows. Nobody else's may bear one of these versions."""

_OWN_VERSION = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")


class NotAVersion(ValueError):
    """Rules of one's own need a version that is not taken, and from which the name of a table can be made."""


def ensure_own_version(version: str) -> None:
    """Raises NotAVersion, which says what a version may be."""
    if version in SHIPPED:
        raise NotAVersion(f'rules of one\'s own need a version such as "trial": {" and ".join(SHIPPED)} are taken')
    if _OWN_VERSION.fullmatch(version) is None:
        raise NotAVersion('a version is at most 30 small letters, digits and hyphens, as in version = "trial-2"')
