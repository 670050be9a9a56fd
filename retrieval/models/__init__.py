"""The models: the encoder and the span model, how they are loaded, and on what they run."""
