// Dark, light, or as the system has it. public/theme.js sets it before the first paint.

export type Theme = 'auto' | 'light' | 'dark';
const dark = matchMedia('(prefers-color-scheme: dark)');

class Themes {
  chosen = $state<Theme>((document.documentElement.dataset.theme as Theme | undefined) ?? 'auto');
  /** Changes when colours do: canvases are drawn anew. */
  changes = $state(0);

  constructor() {
    dark.addEventListener('change', () => this.changes++);
  }
  next(): void {
    const order: Theme[] = ['auto', 'light', 'dark'];
    this.chosen = order[(order.indexOf(this.chosen) + 1) % order.length] as Theme;
    localStorage.setItem('theme', this.chosen);
    document.documentElement.dataset.theme = this.chosen;
    this.changes++;
  }
}

export const theme = new Themes();
