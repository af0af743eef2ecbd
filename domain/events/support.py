"""Counselling, direct support, and referrals to other organisations."""

from pydantic import NonNegativeInt

from domain.personal import Clinical
from domain.touchpoint import Name, Text, Touchpoint


class CounsellingHeld(Touchpoint, stored_as="counselling-held.v1"):
    """A counselling organisation held a session with somebody."""

    provider: Name | None = None
    mode: Name | None = None
    minutes: NonNegativeInt | None = None


class DirectSupportGiven(Touchpoint, stored_as="direct-support-given.v1"):
    """Goods, money or a service were given directly."""

    kind: Name
    amount_krw: NonNegativeInt | None = None


class ReferralSent(Touchpoint, stored_as="referral-sent.v1"):
    """Somebody was referred to another organisation."""

    referral_id: Name
    to_organisation: Name


class ReferralAccepted(Touchpoint, stored_as="referral-accepted.v1"):
    """The other organisation took the referral on."""

    referral_id: Name


class ReferralDeclined(Touchpoint, stored_as="referral-declined.v1"):
    """The other organisation turned the referral down."""

    referral_id: Name
    reason: Clinical[Text] | None = None


class ReferralClosed(Touchpoint, stored_as="referral-closed.v1"):
    """The loop was closed: what became of the referral."""

    referral_id: Name
    outcome: Name
