"""Whether a question goes on from what was said before, and what it then means."""
