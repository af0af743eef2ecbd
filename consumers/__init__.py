"""Where touchpoints come from: files and synthetic populations, each read into events and recorded in bulk."""
