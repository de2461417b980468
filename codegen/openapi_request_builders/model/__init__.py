"""What is generated: every operation a builder, and everything with its final name."""
