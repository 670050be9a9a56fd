"""The Discord bot: the only package that imports discord.py.

- ``app``: starts and stops it; ``background`` has what runs beside it, ``log`` its log.
- ``client``: the connection, and a message's way: read by ``addressed`` and ``heard``, answered by ``responder``, sent
  by ``delivery``.
- ``commands``, with ``browsing`` and ``care`` for ``/articles``, and ``forms`` and ``drafts`` for articles that are
  typed; ``completion`` offers titles and sources; ``buttons`` is what the buttons under an answer do.
- ``service``: answering in a pool of threads, with the ``library`` that members may change; ``memory`` keeps answers
  and votes across restarts; ``suggestions`` finds questions to offer.
- ``cards`` and ``article_cards``, ``markup`` and ``messages``: what is shown, its escaping, and its form in discord.py.
"""
