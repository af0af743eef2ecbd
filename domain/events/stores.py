"""The store visit: 서울마음편의점."""

from typing import Annotated

from pydantic import AfterValidator, NonNegativeInt

from domain.codes import AgeBand, StoreActivity
from domain.personal import Identity
from domain.touchpoint import Name, Text, Touchpoint

Activities = Annotated[tuple[StoreActivity, ...], AfterValidator(lambda codes: tuple(sorted(set(codes))))]
"""A set of activities in a fixed order, so that the same visit is always stored as the same bytes."""


class StoreVisited(Touchpoint, stored_as="store-visited.v1"):
    """A person walked into a mind convenience store; `site` is the store."""

    activities: Activities = ()
    age_band: AgeBand = AgeBand.UNKNOWN
    nickname: Identity[Text] | None = None
    stay_minutes: NonNegativeInt | None = None


class PeerTalkHeld(Touchpoint, stored_as="peer-talk-held.v1"):
    """A healing activist (치유활동가) talked with somebody as a peer."""

    activist_id: Name
    minutes: NonNegativeInt | None = None
