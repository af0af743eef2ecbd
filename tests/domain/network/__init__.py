"""Ties as intervals, networks at a moment, and what changed between two."""
