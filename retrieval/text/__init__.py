"""Text to sentences, passages and terms, with offsets in Unicode code points."""
