"""Python runs this first in the processes that ``test_process`` starts: it puts the fake server in Discord's place.

The program is the one that ships; only where discord.py looks for Discord is another. Where a test is not about
answers it may also have a stand-in for the model, which takes ten seconds to load.
"""

import os

if url := os.environ.get("FAKE_DISCORD"):
    import yarl
    from discord.gateway import DiscordWebSocket
    from discord.http import Route

    Route.BASE = f"{url}/api"
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(f"ws{url.removeprefix('http')}/gateway")

if os.environ.get("FAKE_ENCODER"):
    from bot import assembly
    from tests.fakes import FakeEncoder

    def build_encoder(settings: object) -> FakeEncoder:
        return FakeEncoder()

    assembly.build_encoder = build_encoder
