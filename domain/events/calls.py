"""The call: 외로움안녕120, inbound and outbound."""

from pydantic import NonNegativeInt

from domain.codes import About, AgeBand, CallChannel, CallLevel, CallOutcome, CallPurpose, ReachOutcome, Repeat
from domain.touchpoint import Touchpoint


class CallReceived(Touchpoint, stored_as="call-received.v1"):
    """Somebody called the line, or wrote to its chatbot or KakaoTalk channel."""

    channel: CallChannel
    outcome: CallOutcome
    level: CallLevel | None = None
    """How deep the response went; none for a call that was not answered."""
    about: About | None = None
    anonymous: bool = False
    repeat: Repeat = Repeat.UNKNOWN
    age_band: AgeBand = AgeBand.UNKNOWN
    duration_seconds: NonNegativeInt | None = None


class CallPlaced(Touchpoint, stored_as="call-placed.v1"):
    """A counsellor called out, with consent to be called back."""

    purpose: CallPurpose
    outcome: ReachOutcome
    duration_seconds: NonNegativeInt | None = None
