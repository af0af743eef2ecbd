"""Tests of the read models: what each folds a history to."""
