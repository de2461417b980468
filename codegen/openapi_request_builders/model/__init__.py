"""The model of the generated package: a builder for every operation, and final names."""
