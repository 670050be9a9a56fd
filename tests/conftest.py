"""What every test runs under."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is no failure: pytest-timeout stops what hangs.
settings.register_profile("quoth", deadline=None)
settings.load_profile("quoth")
