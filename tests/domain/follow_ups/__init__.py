"""Promises, referrals, silence, and who is left in peace."""
