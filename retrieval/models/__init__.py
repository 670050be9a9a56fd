"""The networks: the encoder and the span model, and how they are loaded and run."""
