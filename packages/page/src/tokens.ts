/** The token of `--admin-token`, for as long as the tab lives. */
import { byId, setText } from './dom.ts';

const KEY = 'tshorn-token';

export function knownToken(): string | undefined {
  try {
    return sessionStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Asks for it, also after a wrong one. */
export function askForToken(hadOne: boolean, use: (token: string) => void): void {
  const dialog = byId<HTMLDialogElement>('ask');
  if (dialog.open) return;
  const input = byId<HTMLInputElement>('ask-token');
  if (hadOne)
    setText(
      byId('ask-why'),
      'The server has refused this token. It is the content of the file that --admin-token names.',
    );
  dialog.oncancel = (event) => event.preventDefault();
  dialog.onclose = () => {
    const token = input.value.trim();
    input.value = '';
    try {
      sessionStorage.setItem(KEY, token);
    } catch {
      // Then it is asked for again when the page is loaded again.
    }
    use(token);
  };
  dialog.showModal();
  input.focus();
}
