"""Quoth's faces: the command line, the chat on a terminal and the Discord bot, around the engine in ``retrieval``.

Imports go down this list only:

- ``cli`` and ``cli_articles``: the commands; each says which part does the work.
- ``assembly``: from settings to an engine. Beside it the two faces, which never import each other:
  ``terminal`` (asking, the chat, the doctor; output for people and as JSON) and ``discord`` (the bot).
- ``wording``: sentences that both faces share; errors become words here.
- ``talks`` (whose conversation goes on from what, small talk) and ``settings`` (the environment and ``.env``).

Nothing is imported here, so that ``quoth --help`` is instant.
"""
