// Colours that stay with a thing: by its kind and id. Eleven that colour-blind people can tell apart
// by hue or lightness; app.css has each for light and dark.

const COUNT = 11;
/** Grey, of what is no thing: all others, and the period before. */
export const GREY = 11;

/** What a thing had in another chart of this visit. */
const given = new Map<string, number>();

function hash(text: string): number {
  let value = 2166136261;
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) as number), 16777619);
  return value >>> 0;
}

/** Places in the palette for the things of one chart: each its own, as long as there are enough. */
export function palette(kind: string, ids: string[]): Map<string, number> {
  const taken = new Set<number>();
  const places = new Map<string, number>();
  for (const id of ids) {
    const key = `${kind}:${id}`;
    let place = given.get(key) ?? hash(key) % COUNT;
    if (taken.size < COUNT) while (taken.has(place)) place = (place + 1) % COUNT;
    if (!given.has(key)) given.set(key, place);
    taken.add(place);
    places.set(id, place);
  }
  return places;
}

/** The colour itself, for canvases, which know no variables. */
export function colorOf(place: number): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--c${place}`).trim();
}
export function variable(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
