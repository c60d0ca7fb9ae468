// The address is the state: range, zone, filters and all else that a page shows is read from it,
// and written to it, so that a link shows what its sender saw.

export type Kind = 'category' | 'broadcaster' | 'genre' | 'game_mode' | 'language';
export interface Filter {
  kind: Kind;
  value: string;
  exclude: boolean;
}

/** What goes along from page to page. */
const SHARED = ['from', 'to', 'tz', 'compare', 'grain', 'attribution', 'filter'];

const ZONE_KEY = 'tz';

class Address {
  path = $state(location.pathname);
  params = $state.raw(new URLSearchParams(location.search));
  /** Ranges to go back to from a zoom. */
  #zooms: { from: string | null; to: string | null }[] = [];

  get(name: string, otherwise = ''): string {
    return this.params.get(name) ?? otherwise;
  }
  get from(): string {
    return this.get('from', 'now-7d');
  }
  get to(): string {
    return this.get('to', 'now');
  }
  get tz(): string {
    return this.get('tz', localStorage.getItem(ZONE_KEY) ?? 'UTC');
  }
  get compare(): string {
    return this.get('compare', 'previous');
  }
  get attribution(): string {
    return this.get('attribution', 'fractional');
  }
  get filters(): Filter[] {
    return this.params.getAll('filter').map(parseFilter);
  }

  /** Changes parameters; null removes one, a list gives all its values. */
  set(values: Record<string, string | string[] | null>, replace = false): void {
    const next = new URLSearchParams(this.params);
    for (const [name, value] of Object.entries(values)) {
      next.delete(name);
      for (const one of value === null ? [] : [value].flat()) next.append(name, one);
    }
    this.#show(this.path, next, replace);
  }

  setZone(tz: string): void {
    localStorage.setItem(ZONE_KEY, tz);
    this.set({ tz });
  }

  /** The address of a page, with what pages share. */
  link(path: string, more: Record<string, string | string[]> = {}): string {
    const next = new URLSearchParams();
    for (const name of SHARED)
      if (!(name in more)) for (const value of this.params.getAll(name)) next.append(name, value);
    for (const [name, value] of Object.entries(more))
      for (const one of [value].flat()) next.append(name, one);
    const query = next.toString();
    return query === '' ? path : `${path}?${query}`;
  }

  go(href: string): void {
    const url = new URL(href, location.href);
    this.#show(url.pathname, url.searchParams, false);
    scrollTo(0, 0);
    document.getElementById('main')?.focus({ preventScroll: true });
  }

  zoom(fromSeconds: number, toSeconds: number): void {
    this.#zooms.push({ from: this.params.get('from'), to: this.params.get('to') });
    this.set({ from: stamp(fromSeconds), to: stamp(toSeconds) });
  }
  zoomBack(): void {
    this.set({ ...(this.#zooms.pop() ?? { from: null, to: null }) });
  }

  addFilter(kind: Kind, value: string, exclude: boolean): void {
    const text = `${exclude ? '-' : ''}${kind}:${value}`;
    const rest = this.params.getAll('filter').filter((one) => one.replace(/^-/, '') !== text.replace(/^-/, ''));
    this.set({ filter: [...rest, text] });
  }
  removeFilter(filter: Filter): void {
    const text = `${filter.exclude ? '-' : ''}${filter.kind}:${filter.value}`;
    this.set({ filter: this.params.getAll('filter').filter((one) => one !== text) });
  }

  follow(): void {
    this.path = location.pathname;
    this.params = new URLSearchParams(location.search);
  }

  #show(path: string, params: URLSearchParams, replace: boolean): void {
    const query = params.toString().replaceAll('%3A', ':');
    const href = query === '' ? path : `${path}?${query}`;
    history[replace ? 'replaceState' : 'pushState'](null, '', href);
    this.path = path;
    this.params = params;
  }
}

function parseFilter(text: string): Filter {
  const exclude = text.startsWith('-');
  const rest = exclude ? text.slice(1) : text;
  const at = rest.indexOf(':');
  return { kind: rest.slice(0, at) as Kind, value: rest.slice(at + 1), exclude };
}

export function stamp(seconds: number): string {
  return new Date(Math.round(seconds / 60) * 60_000).toISOString().replace('.000Z', 'Z');
}

export const address = new Address();
