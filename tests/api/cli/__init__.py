"""The command line, run as a user would, on real databases."""
