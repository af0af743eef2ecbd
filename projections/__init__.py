"""Read models: one file each with its row, table, pure fold and queries. Definitions only."""
