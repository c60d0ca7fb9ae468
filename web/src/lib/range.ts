// Ranges in the words of the API (now-7d, 2026-11-23, RFC 3339), as milliseconds.

const UNITS: Record<string, number> = { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };

/** How far a zone is ahead of UTC at an instant, in milliseconds. */
export function zoneOffset(ms: number, tz: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: tz,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(ms);
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value);
  const wall = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return wall - Math.floor(ms / 1000) * 1000;
}

export function toMs(text: string, tz: string, now = Date.now()): number {
  if (text === 'now') return now;
  const relative = /^now([+-])(\d+)([smhdw])$/.exec(text);
  if (relative) {
    const size = Number(relative[2]) * (UNITS[relative[3] as string] as number);
    return relative[1] === '-' ? now - size : now + size;
  }
  if (/^\d{4}-\d\d-\d\d$/.test(text)) {
    const midnight = Date.parse(`${text}T00:00:00Z`);
    return midnight - zoneOffset(midnight - zoneOffset(midnight, tz), tz);
  }
  return Date.parse(text);
}

/** The local date of an instant: 2026-11-23. */
export function localDate(ms: number, tz: string): string {
  return new Date(ms + zoneOffset(ms, tz)).toISOString().slice(0, 10);
}

export interface Range {
  from: string;
  to: string;
}

/** The range of the same length before (steps -1) or after (1) it. Ranges up to now stay relative. */
export function shifted(range: Range, steps: number, tz: string): Range {
  const from = toMs(range.from, tz);
  const to = toMs(range.to, tz);
  const length = to - from;
  const text = (ms: number): string => {
    if (Math.abs(ms - Date.now()) < 90_000) return 'now';
    return new Date(Math.round(ms / 60_000) * 60_000).toISOString().replace('.000Z', 'Z');
  };
  return { from: text(from + steps * length), to: text(to + steps * length) };
}

export function lengthDays(range: Range, tz: string): number {
  return (toMs(range.to, tz) - toMs(range.from, tz)) / 864e5;
}

/** Buckets that make a readable chart of a range. */
export function autoGrain(range: Range, tz: string): string {
  const days = lengthDays(range, tz);
  if (days <= 2) return 'slot';
  if (days <= 14) return 'hour';
  return days <= 120 ? 'day' : 'week';
}
