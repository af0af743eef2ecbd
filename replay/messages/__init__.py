"""What the two sides of Kafka keep in the database: messages that parked, how far was published, and by whom."""
