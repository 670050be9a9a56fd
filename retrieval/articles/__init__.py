"""Files to articles: formats, metadata, the confined process, the care of the folder."""
