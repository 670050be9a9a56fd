"""Making the reader that ships in ``data/reader``; see ``README.md`` here."""

import retrieval.encoder  # noqa: F401 - before torch, so that what it sets for OpenMP's threads counts
