"""The Discord bot: the only package that imports discord.py.

- ``app``: starts and stops it; ``background`` has what runs beside it, ``log`` its log.
- ``client``: the connection, and a message's way: read there and by ``heard``, answered by ``responder``, sent by
  ``delivery``.
- ``commands`` and ``care``: ``/ask`` and ``/articles``; ``completion`` offers titles and sources; ``buttons`` what the
  buttons under an answer do.
- ``service``: answering in a pool of threads; ``memory`` keeps answers and votes across restarts.
- ``cards``, ``markup`` and ``messages``: what is shown, its escaping, and its form in discord.py.
"""
