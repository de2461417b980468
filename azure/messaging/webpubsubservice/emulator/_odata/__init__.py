"""The filter language of the data plane: text to expressions, and expressions to predicates."""
