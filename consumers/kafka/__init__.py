"""Kafka: touchpoints in, the journal out. The one package that knows it."""
