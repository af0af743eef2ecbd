"""What staff decide, run over the journal: linking, assigning, handing over, taking alerts on, overriding."""
