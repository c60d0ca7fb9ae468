// The kinds of things: how the API and the pages call them.
import type { Cell } from './api';
import type { Kind } from './url.svelte';

export interface ThingKind {
  kind: Kind;
  resource: string;
  /** Path of its pages: of one, and of all. */
  page: string;
  all: string;
  one: string;
  many: string;
}

export const THINGS: Record<Kind, ThingKind> = {
  category: { kind: 'category', resource: 'categories', page: '/category', all: '/categories', one: 'Category', many: 'Categories' },
  broadcaster: { kind: 'broadcaster', resource: 'broadcasters', page: '/broadcaster', all: '/broadcasters', one: 'Broadcaster', many: 'Broadcasters' },
  genre: { kind: 'genre', resource: 'genres', page: '/genre', all: '/genres', one: 'Genre', many: 'Genres' },
  game_mode: { kind: 'game_mode', resource: 'game-modes', page: '/game-mode', all: '/game-modes', one: 'Game mode', many: 'Game modes' },
  language: { kind: 'language', resource: 'languages', page: '/language', all: '/languages', one: 'Language', many: 'Languages' },
};

export function pagePath(kind: Kind, id: string): string {
  return `${THINGS[kind].page}/${encodeURIComponent(id)}`;
}

export function text(cell: Cell): string {
  return cell === null || cell === undefined ? '' : String(cell);
}
export function number(cell: Cell): number | null {
  return typeof cell === 'number' ? cell : null;
}
