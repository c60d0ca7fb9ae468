"""What the client twitchAPI makes of a server, as JSON; see clients.py for what it says.

Usage: twitch_api.py BASE_URL
"""
import asyncio
import json
import sys

from twitchAPI.oauth import validate_token
from twitchAPI.twitch import Twitch

BASE = sys.argv[1]


def stamp(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


async def in_batches(ids, ask):
    return [one for at in range(0, len(ids), 100) async for one in ask(ids[at:at + 100])]


def game(row):
    return {"id": row.id, "name": row.name, "igdb_id": row.igdb_id, "box_art": row.box_art_url}


async def main():
    twitch = await Twitch("test-client", "secret", base_url=f"{BASE}/helix/",
                          auth_base_url=f"{BASE}/oauth2/")
    token = await validate_token(twitch.get_app_token(), auth_base_url=f"{BASE}/oauth2/")
    streams = [row async for row in twitch.get_streams(first=100)]
    users = await in_batches(list({row.user_id: None for row in streams}),
                             lambda ids: twitch.get_users(user_ids=ids))
    games = await in_batches(list({row.game_id: None for row in streams if row.game_id}),
                             lambda ids: twitch.get_games(game_ids=ids))
    top = [row async for row in twitch.get_top_games(first=100)]
    await twitch.close()
    print(json.dumps({
        "client_id": token["client_id"],
        "streams": [{
            "id": row.id, "user_id": row.user_id, "login": row.user_login, "name": row.user_name,
            "game_id": row.game_id, "game": row.game_name, "type": row.type, "title": row.title,
            "viewers": row.viewer_count, "started_at": stamp(row.started_at),
            "language": row.language, "tags": row.tags, "mature": row.is_mature,
            "thumbnail": row.thumbnail_url} for row in streams],
        "users": [{
            "id": row.id, "login": row.login, "name": row.display_name, "type": row.type,
            "broadcaster_type": row.broadcaster_type, "description": row.description,
            "picture": row.profile_image_url, "offline_picture": row.offline_image_url,
            "created_at": stamp(row.created_at)} for row in users],
        "games": [game(row) for row in games],
        "top": [game(row) for row in top]}))


asyncio.run(main())
