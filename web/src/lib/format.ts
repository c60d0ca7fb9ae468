// Numbers and times as people read them.
import { METRICS } from './metrics';

const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const fine = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });
const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });

export const NONE = '–';

export function short(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  if (Math.abs(value) < 10 && !Number.isInteger(value)) return fine.format(value);
  return Math.abs(value) < 1000 ? tenth.format(value) : Math.abs(value) < 10_000 ? whole.format(value) : compact.format(value);
}
export function full(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  return Math.abs(value) < 100 ? fine.format(value) : whole.format(value);
}
export function share(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? NONE : percent.format(value);
}
export function byMetric(metric: string, value: number | null | undefined, long = false): string {
  if (METRICS[metric]?.unit === 'share') return share(value);
  return long ? full(value) : short(value);
}
/** "+12.3%" of a value against what it was; "" where there is nothing to say. */
export function change(now: number | null, before: number | null): string {
  if (now === null || before === null || before === 0) return '';
  const moved = now / before - 1;
  const text = percent.format(Math.abs(moved));
  return text === percent.format(0) ? text : `${moved > 0 ? '+' : '−'}${text}`;
}
/** A difference, with its sign: "−1.3M". */
export function signed(value: number | null): string {
  if (value === null) return NONE;
  return `${value > 0 ? '+' : value < 0 ? '−' : ''}${short(Math.abs(value))}`;
}
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let at = 0;
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000;
    at++;
  }
  return `${at === 0 ? value : value.toFixed(1)} ${units[at]}`;
}

type When = string | number | null | undefined;
function format(when: When, tz: string, options: Intl.DateTimeFormatOptions): string {
  const ms = typeof when === 'string' ? Date.parse(when) : when;
  if (ms === null || ms === undefined || Number.isNaN(ms)) return NONE;
  return new Intl.DateTimeFormat(undefined, { timeZone: tz, hourCycle: 'h23', ...options }).format(ms);
}
export function time(when: When, tz: string): string {
  return format(when, tz, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
}
export function day(when: When, tz: string): string {
  return format(when, tz, { weekday: 'short', year: 'numeric', month: 'short', day: 'numeric' });
}
/** "Nov" of "2026-11-23". */
export function monthName(date: string): string {
  return format(`${date}T12:00:00Z`, 'UTC', { month: 'short' });
}
export function clock(when: When, tz: string): string {
  return format(when, tz, { hour: '2-digit', minute: '2-digit' });
}
export function bucket(when: When, tz: string, grain: string): string {
  return grain === 'slot' || grain === 'hour' ? time(when, tz) : day(when, tz);
}
/** Of an axis whose ticks are so many seconds apart. */
export function tick(ms: number, tz: string, step: number): string {
  if (step >= 28 * 86400) return format(ms, tz, { month: 'short', year: '2-digit' });
  const at = step >= 86400 ? '00:00' : clock(ms, tz);
  return at === '00:00' ? format(ms, tz, { day: 'numeric', month: 'short' }) : at;
}
export function hours(value: number | null): string {
  if (value === null) return NONE;
  const minutes = Math.round(value * 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')}`;
}
/** Minutes of an age or a wait, in the unit that reads best. */
export function span(minutes: number): string {
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${whole.format(Math.floor(minutes / 1440))} days`;
}
export const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

const languages = new Intl.DisplayNames(undefined, { type: 'language', fallback: 'none' });
/** Names that the lake does not know, but the browser may. */
export function languageName(code: string, name: string): string {
  if (name !== '' && name !== code) return name;
  try {
    return languages.of(code) ?? code;
  } catch {
    return code;
  }
}
