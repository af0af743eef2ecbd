"""Questions to the journal and its rows, each answered from one snapshot."""
