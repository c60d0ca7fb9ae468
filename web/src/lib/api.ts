// Questions to the API. Answers are kept until new data has landed.
import { address } from './url.svelte';

export type Cell = string | number | boolean | null | undefined;
export type Row = Record<string, Cell>;

export interface Meta {
  from: string;
  to: string;
  tz: string;
  runs: number;
  expected: number;
  slot_coverage: number | null;
  sweep_coverage: number | null;
  as_of: string | null;
  partial: boolean;
  next?: string;
  compare?: { from: string; to: string; runs: number; expected: number };
}

export interface Answer<T = Row> {
  meta: Meta;
  data: T[];
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export type Params = Record<string, string | number | string[] | null | undefined>;

/** "/api/v1/categories?…" of a resource and parameters; null and "" are left out. */
export function apiUrl(resource: string, params: Params): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params))
    for (const one of [value].flat())
      if (one !== null && one !== undefined && one !== '') query.append(name, String(one));
  return `/api/v1/${resource}?${query.toString().replaceAll('%3A', ':').replaceAll('%2C', ',')}`;
}

/** Range, zone, attribution and filters of the page, and more filters. */
export function shared(filters: string[] = []): Params {
  const own = address.filters.map((f) => `${f.exclude ? '-' : ''}${f.kind}:${f.value}`);
  return {
    from: address.from,
    to: address.to,
    tz: address.tz,
    attribution: address.attribution === 'fractional' ? null : address.attribution,
    filter: [...own.filter((one) => !filters.includes(one)), ...filters],
  };
}

const kept = new Map<string, Promise<unknown>>();

export function forgetAnswers(): void {
  kept.clear();
}

async function ask(url: string): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, { headers: { Accept: 'application/json' } });
  } catch {
    throw new ApiError(0, 'The server does not answer. Is livelake still running?');
  }
  if (response.status === 401) location.assign('/login');
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) {
    const problem = body as { detail?: string } | null;
    throw new ApiError(response.status, problem?.detail ?? `The server answered ${response.status}.`);
  }
  return body;
}

export function get<T = Row>(url: string): Promise<Answer<T>> {
  let answer = kept.get(url);
  if (answer === undefined) {
    answer = ask(url);
    kept.set(url, answer);
    answer.catch(() => kept.delete(url));
  }
  return answer as Promise<Answer<T>>;
}
