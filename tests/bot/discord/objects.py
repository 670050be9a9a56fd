"""Discord's objects as its REST and gateway write them."""

from __future__ import annotations

from typing import Any

APPLICATION, GUILD, CHANNEL, THREAD, FORUM, POST, DIRECT, ROLE = 900, 100, 200, 201, 202, 203, 204, 205
Json = Any


def user(id: int, *, bot: bool = False) -> Json:
    return {
        "id": str(id),
        "username": f"user{id}",
        "discriminator": "0",
        "avatar": None,
        "global_name": None,
        "bot": bot,
    }


USER = user(APPLICATION, bot=True)
APPLICATION_INFO = {
    "id": str(APPLICATION), "name": "Quoth", "icon": None, "description": "", "bot_public": True,
    "bot_require_code_grant": False, "verify_key": "", "flags": 0, "team": None, "owner": user(1), "summary": "",
}  # fmt: skip


def member_object(who: Json, *, with_user: bool = True) -> Json:
    member = {"roles": [], "joined_at": "2026-01-01T00:00:00+00:00", "deaf": False, "mute": False, "flags": 0}
    return member | {"user": who} if with_user else member


def channel() -> Json:
    return {
        "id": str(CHANNEL), "type": 0, "name": "general", "position": 0, "permission_overwrites": [],
        "guild_id": str(GUILD), "topic": None, "nsfw": False, "rate_limit_per_user": 0, "parent_id": None,
    }  # fmt: skip


def thread(id: int, parent: int) -> Json:
    """A thread in a channel, or a post in a forum."""
    state = {"archived": False, "auto_archive_duration": 60, "archive_timestamp": "2026-01-01T00:00:00+00:00"}
    return channel() | {"id": str(id), "type": 11, "parent_id": str(parent), "owner_id": "7", "name": "more"} | {
        "thread_metadata": state | {"locked": False}, "message_count": 1, "member_count": 1,
    }  # fmt: skip


def guild() -> Json:
    everyone = {
        "id": str(GUILD), "name": "@everyone", "color": 0, "hoist": False, "position": 0, "managed": False,
        "permissions": str(2**50 - 1), "mentionable": False, "flags": 0,
    }  # fmt: skip
    # Discord makes a role of the bot's name for it, which members may choose instead of the bot.
    own = everyone | {"id": str(ROLE), "name": "Quoth", "managed": True, "tags": {"bot_id": str(APPLICATION)}}
    return {
        "id": str(GUILD), "name": "A server", "owner_id": "1", "roles": [everyone, own], "emojis": [], "features": [],
        "channels": [channel(), channel() | {"id": str(FORUM), "type": 15, "name": "questions", "available_tags": []}],
        "threads": [thread(THREAD, CHANNEL), thread(POST, FORUM)], "members": [member_object(USER)],
        "presences": [], "voice_states": [],
        "stage_instances": [], "guild_scheduled_events": [], "stickers": [], "soundboard_sounds": [],
        "member_count": 2, "large": False, "unavailable": False, "joined_at": "2026-01-01T00:00:00+00:00",
        "verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0, "mfa_level": 0,
        "afk_timeout": 60, "premium_tier": 0, "preferred_locale": "en-US", "nsfw_level": 0, "system_channel_flags": 0,
    }  # fmt: skip


def message_object(id: str, content: str, author: Json) -> Json:
    return {
        "id": id, "channel_id": str(CHANNEL), "author": author, "content": content, "type": 0, "tts": False,
        "timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": None, "mention_everyone": False, "mentions": [],
        "mention_roles": [], "attachments": [], "embeds": [], "components": [], "pinned": False, "flags": 0,
    }  # fmt: skip
