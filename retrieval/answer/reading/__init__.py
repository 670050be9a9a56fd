"""Which words of the passages found answer, and which sentences fit a question."""
