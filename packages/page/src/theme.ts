/** Light or dark: as the system has it, until the visitor chooses. */
import { byId, setText } from './dom.ts';

const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
const KEY = 'tshorn-theme';

/** @param changed called when the colours are others now */
export function useTheme(changed: () => void): void {
  const button = byId<HTMLButtonElement>('theme');
  let theme = stored();
  const show = () => {
    document.documentElement.dataset.theme = theme;
    setText(button, theme === 'auto' ? 'Auto' : theme === 'light' ? 'Light' : 'Dark');
    button.ariaLabel = `Colours: ${theme}`;
    button.title = 'Colours: as the system has them, light, dark';
    changed();
  };
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] as Theme;
    store(theme);
    show();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
  show();
}

function stored(): Theme {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'auto';
  } catch {
    // A browser may refuse storage; then the choice lasts until the page is closed.
    return 'auto';
  }
}

function store(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // As above.
  }
}

/** A colour of style/base.css, as a canvas takes it. */
export function colour(name: string): string {
  const probe = byId('announce');
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}
