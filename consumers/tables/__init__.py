"""A table (CSV) into touchpoints, as a mapping file says."""
