"""Long runs behind the `soak` marker: `make soak`."""
