"""The terminal face: ``quoth ask``, ``quoth chat`` and ``quoth doctor``."""
