"""Write the model to files."""
