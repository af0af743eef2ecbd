"""The figures of follow-ups, every one by name. How long somebody is silent in a stage, stage rules say (Rules).

A version is a promise, as with the stage rules: rows of version 1 were made with exactly these figures.
"""

from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt


class Figures(BaseModel):
    """Days are calendar days in Seoul. All of them are conventions of ours."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    referral_answered_days: PositiveInt = 7
    """Days after it was sent on which a referral without an answer is due to be asked about."""
    referral_accepted_days: PositiveInt = 30
    """Days after it was accepted on which a referral without an outcome is due to be asked about."""
    referral_declined_days: PositiveInt = 7
    """Days after it was declined on which a referral without an outcome is due: somebody was left without help."""
    assessed_days: NonNegativeInt = 7
    """Days after a high self-check to the end of which somebody is to be assessed; later is overdue."""


VERSION_1 = Figures()
