// What the client @twurple/api makes of a server, as JSON; see clients.py for what it says.
// Usage: twurple.mjs FOLDER_WITH_NODE_MODULES BASE_URL
// The client is unchanged and asks Twitch's own addresses: only fetch takes them elsewhere.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, base] = process.argv.slice(2);
const { resolve } = createRequire(join(folder, 'package.json'));
const load = (name) => import(pathToFileURL(resolve(name)));

const realFetch = globalThis.fetch;
globalThis.fetch = (url, options) => {
    const moved = String(url)
        .replace('https://api.twitch.tv/helix/', `${base}/helix/`)
        .replace('https://id.twitch.tv/oauth2/', `${base}/oauth2/`);
    if (!moved.startsWith(`${base}/`)) throw new Error(`asked for ${url}`);
    return realFetch(moved, options);
};

const { ApiClient } = await load('@twurple/api');
const { AppTokenAuthProvider } = await load('@twurple/auth');
const authProvider = new AppTokenAuthProvider('test-client', 'secret');
const api = new ApiClient({ authProvider, logger: { minLevel: 'error' } });

async function inBatches(ids, ask) {
    const all = [];
    for (let at = 0; at < ids.length; at += 100) all.push(...(await ask(ids.slice(at, at + 100))));
    return all;
}

const token = await api.getTokenInfo();
const pages = api.streams.getStreamsPaginated();
const streams = await pages.getAll();
const users = await inBatches([...new Set(streams.map((s) => s.userId))],
    (ids) => api.users.getUsersByIds(ids));
const games = await inBatches([...new Set(streams.map((s) => s.gameId))].filter((id) => id),
    (ids) => api.games.getGamesByIds(ids));
const top = await api.games.getTopGamesPaginated().getAll();

const game = (g) => ({ id: g.id, name: g.name, igdb_id: g.igdbId ?? '', box_art: g.boxArtUrl });
console.log(JSON.stringify({
    client_id: token.clientId,
    streams: streams.map((s) => ({
        id: s.id, user_id: s.userId, login: s.userName, name: s.userDisplayName, game_id: s.gameId,
        game: s.gameName, type: s.type, title: s.title, viewers: s.viewers,
        started_at: s.startDate.toISOString(), language: s.language, tags: s.tags,
        mature: s.isMature, thumbnail: s.thumbnailUrl,
    })),
    users: users.map((u) => ({
        id: u.id, login: u.name, name: u.displayName, type: u.type,
        broadcaster_type: u.broadcasterType, description: u.description,
        picture: u.profilePictureUrl, offline_picture: u.offlinePlaceholderUrl,
        created_at: u.creationDate.toISOString(),
    })),
    games: games.map(game),
    top: top.map(game),
}));
