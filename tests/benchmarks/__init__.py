"""What the journal and a replay cost, as ratios to yardsticks of the same run: `make bench`, docs/performance.md."""
