"""The composition root: settings to an encoder, a reader and an engine over an index that is up to date."""
