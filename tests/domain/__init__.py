"""Tests of what can happen and what it means."""
