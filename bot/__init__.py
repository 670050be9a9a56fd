"""Quoth's faces: the command line, the chat, the Discord bot, the server, and the tools for assistants.

They stand around the engine in ``retrieval``.

Imports go down this list only:

- ``cli``, ``cli_articles`` and the like: the commands; each says which part does the work.
- ``assembly``: from settings to an engine. Beside it the faces, which never import each other: ``terminal`` (asking,
  the chat, the doctor; output for people and as JSON), ``discord`` (the bot), ``web`` (the server),
  ``mcp`` (for assistants).
- ``contract``: answers as JSON. ``tally``, ``gaps`` and ``question_log``: what was asked, and what of it in vain.
- ``wording``: sentences that both faces share; errors become words here.
- ``talks`` (whose conversation goes on from what, small talk) and ``settings`` (the environment and ``.env``).

Nothing of Quoth is imported here, so that ``quoth --help`` is instant.
"""

import os

# Plugins of pydantic's that happen to be installed are none of Quoth's; looking for them takes 2 % of a start.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
