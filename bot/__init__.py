"""Quoth's faces: the commands and the chat, around the engine in ``retrieval``.

The layers, low to high: ``settings``, ``conversation`` and ``folder``; ``rendering`` (pure); ``terminal`` and
``doctor``; ``cli``. Nothing is imported here, so that ``quoth --help`` is instant.
"""
