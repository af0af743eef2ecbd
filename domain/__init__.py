"""What can happen in a participant's journey, and what it means. Pure: no I/O, no clock of its own."""
