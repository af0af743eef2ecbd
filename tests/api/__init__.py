"""Tests of the ways in for people."""
