"""The terminal: ``quoth ask``, ``quoth chat``, ``quoth index`` and ``quoth doctor``, as text and as JSON."""
