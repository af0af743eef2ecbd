"""What the journal and a replay cost, as ratios to yardsticks measured in the same run: `make bench`, docs/performance.md."""
