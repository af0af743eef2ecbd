"""The rows that serve: their generations, the worker that keeps them the fold of the journal, and who is held."""
