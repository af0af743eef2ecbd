"""The journal (event store) and all that plays it: record, vault, live worker, as-of, rebuild."""
