"""Health over time: baseline, progress, occasions, and all three over many people."""
