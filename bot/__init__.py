"""Quoth's faces: the commands and the chat, around the engine in ``retrieval``.

The layers, low to high: ``settings``, ``conversation``, ``folder`` and ``discord_memory``; ``rendering`` (pure);
``terminal``, ``doctor``, ``discord_rendering`` (pure) and ``discord_service``; ``discord_client``, ``discord_commands``
and ``discord_app``, which alone import discord; ``desk``; ``cli``. Nothing is imported here, so that ``quoth
--help`` is instant.
"""
