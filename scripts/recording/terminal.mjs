/** Records a command in a terminal of 80 columns and 24 rows: tmux runs it, and is asked for its screen again and again. */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

export const COLUMNS = 80;
export const ROWS = 24;

const EVERY_MS = 500;
/** How long the screen stays before the command begins, and after it has ended. */
const BEFORE_S = 1;
const AFTER_S = 4;

const run = promisify(execFile);
// biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences that set colours
const STYLE = /\x1b\[([\d;]*)m/;

/**
 * Resolves with the frames: { at, rows }. A row is a list of runs of one style: { column, text, style }.
 * @param title the command as a reader would type it
 */
export async function record(command, { title, cwd }) {
  // A server of its own, so that neither the settings nor the sessions of the user matter.
  const tmux = (...words) =>
    run('tmux', ['-L', `record-${process.pid}`, '-f', '/dev/null', ...words], { cwd });
  const line = `printf '$ ${title}\\n'; sleep ${BEFORE_S}; ${command}; sleep ${AFTER_S}`;
  await tmux('new-session', '-d', '-x', `${COLUMNS}`, '-y', `${ROWS}`, line, ';', 'set', 'status', 'off');
  const began = performance.now();
  const frames = [];
  for (let next = EVERY_MS; ; next += EVERY_MS) {
    const screen = await tmux('capture-pane', '-e', '-p').catch(() => undefined);
    // The session is gone when its command has ended.
    if (!screen) return frames;
    frames.push({ at: Math.round(performance.now() - began), rows: rowsOf(screen.stdout) });
    await sleep(began + next - performance.now());
  }
}

/** Styles are kept from one line to the next, as tmux writes them. */
export function rowsOf(screen) {
  let style = [];
  return screen.split('\n').map((line) => {
    const runs = [];
    let column = 0;
    for (const [index, part] of line.split(STYLE).entries()) {
      if (index % 2) style = nextStyle(style, part);
      else if (part) {
        runs.push({ column, text: part, style });
        column += [...part].length;
      }
    }
    return runs.filter(({ text }) => text.trim());
  });
}

/** The names of a style: bold, dim, and a colour such as c32. */
function nextStyle(before, codes) {
  let style = before;
  for (const code of codes.split(';')) {
    if (code === '0' || code === '') style = [];
    else if (code === '1') style = [...style, 'bold'];
    else if (code === '2') style = [...style, 'dim'];
    else if (code === '22') style = style.filter((name) => name.startsWith('c'));
    else if (/^3[0-79]$/.test(code)) {
      style = style.filter((name) => !name.startsWith('c'));
      if (code !== '39') style = [...style, `c${code}`];
    }
  }
  return style;
}
