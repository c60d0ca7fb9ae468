// Single-letter keys, off while somebody types.
import { autoGrain, shifted } from './range';
import { theme } from './theme.svelte';
import { address } from './url.svelte';

const GRAINS = ['slot', 'hour', 'day', 'week', 'month'];

export function handleKey(event: KeyboardEvent, help: () => void): void {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, select, textarea, dialog')) return;
  const range = { from: address.from, to: address.to };
  const actions: Record<string, () => void> = {
    '/': () => document.getElementById('search')?.focus(),
    '?': help,
    d: () => address.set({ from: 'now-1d', to: null }),
    w: () => address.set({ from: null, to: null }),
    m: () => address.set({ from: 'now-30d', to: null }),
    x: () => address.set({ compare: address.compare === 'none' ? null : 'none' }),
    t: () => theme.next(),
    i: () => {
      const now = address.get('grain', autoGrain(range, address.tz));
      address.set({ grain: GRAINS[(GRAINS.indexOf(now) + 1) % GRAINS.length] as string });
    },
    ArrowLeft: () => address.set({ ...shifted(range, -1, address.tz) }),
    ArrowRight: () => address.set({ ...shifted(range, 1, address.tz) }),
    Escape: () => address.set({ filter: null }),
  };
  const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  event.preventDefault();
  action();
}
