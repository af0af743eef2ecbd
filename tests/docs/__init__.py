"""Tests that the pages say what the code does."""
