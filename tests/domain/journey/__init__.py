"""Tests of the stage rules and of what is told about a journey."""
