// What has been put aside to be compared, until the tab is closed.
import { address, type Kind } from './url.svelte';

const KEY = 'compare';

export function addToCompare(kind: Kind, id: string): void {
  const item = `${kind}:${id}`;
  const kept = (sessionStorage.getItem(KEY) ?? '').split('\n').filter((one) => one !== '' && one !== item);
  const items = [...kept, item].slice(-8);
  sessionStorage.setItem(KEY, items.join('\n'));
  address.go(address.link('/compare', { item: items, filter: [] }));
}
export function keepCompared(items: string[]): void {
  sessionStorage.setItem(KEY, items.join('\n'));
}
