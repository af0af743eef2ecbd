"""Tests of the ways in: files with their mappings, rejects, the import as a whole."""
