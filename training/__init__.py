"""Making the reader that ships in ``data/reader``; see ``README.md`` here."""

import retrieval.models.threads  # noqa: F401 - before torch, so that what it sets for OpenMP's threads counts
