"""What speaks for the first quote and what against it."""
