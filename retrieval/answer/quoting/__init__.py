"""From words that answer to quotes: which, how much of each, and in which order."""
