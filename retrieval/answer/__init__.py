"""From a question to quotes: search, follow-ups, reading, choosing what to quote, confidence."""
