/**
 * An animated SVG of a recording. It works as an image (no script, no font, no link), and shows one telling frame where
 * animation is off. Each row of the terminal is a window onto a strip of all that the row has shown; a strip jumps when the
 * row changes. So a row that stays the same costs nothing.
 */
import { COLUMNS, ROWS } from './terminal.mjs';

// In units of the drawing: whole numbers are short.
const CELL = 6;
const LINE = 13;
const FONT = 10;
const EDGE = 10;
const TITLE = 20;

const CSS = `
text{font:${FONT}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d7dde4;white-space:pre}
.bold{font-weight:700;fill:#fff}.dim{fill:#8d96a0}
.c31{fill:#ff7b72}.c32{fill:#56d364}.c33{fill:#e3b341}.c35{fill:#e092f5}.c36{fill:#4fd6e4}
@media(prefers-reduced-motion:reduce){g{animation:none!important}}`;

/**
 * @param frames of record()
 * @param still the share of the time whose frame is shown where animation is off
 */
export function svgOf(frames, { title, still = 0.42 }) {
  const lasts = frames.at(-1).at;
  const shown = frames.findLastIndex(({ at }) => at <= lasts * still);
  const strips = Array.from({ length: ROWS }, (_, row) => strip(frames, row, { lasts, shown }));
  const width = COLUMNS * CELL + 2 * EDGE;
  const height = ROWS * LINE + TITLE + 2 * EDGE;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width * 1.7}" height="${height * 1.7}">`,
    `<title>${escaped(title)}</title>`,
    `<style>${CSS}\n${strips.map(({ css }) => css).join('')}</style>`,
    `<rect width="${width}" height="${height}" rx="6" fill="#11161d" stroke="#3d444d"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map(
      (colour, index) => `<circle cx="${EDGE + 4 + index * 12}" cy="13" r="4" fill="${colour}"/>`,
    ),
    `<text x="${width / 2}" y="16" text-anchor="middle" class="dim">${escaped(title)}</text>`,
    ...strips.map(({ body }) => body),
    '</svg>\n',
  ].join('\n');
}

function strip(frames, row, { lasts, shown }) {
  const contents = new Map();
  const jumps = [];
  let showing;
  for (const { at, rows } of frames) {
    const content = (rows[row] ?? []).map(run).join('');
    if (!contents.has(content)) contents.set(content, contents.size);
    const index = contents.get(content);
    if (index !== jumps.at(-1)?.index) jumps.push({ at: jumps.length ? at : 0, index });
    if (at <= frames[shown].at) showing = index;
  }
  const y = TITLE + EDGE + row * LINE;
  const bodies = [...contents.keys()].map((content, index) =>
    index ? `<g transform="translate(0 ${index * LINE})">${content}</g>` : content,
  );
  const place = (index) => `{transform:translateY(${-index * LINE}px)}`;
  const moves = jumps.map(({ at, index }) => `${+((100 * at) / lasts).toFixed(2)}%${place(index)}`);
  const isStill = jumps.length === 1;
  return {
    css: isStill
      ? ''
      : `#r${row}{animation:r${row} ${(lasts / 1000).toFixed(1)}s step-end infinite;transform:translateY(${-showing * LINE}px)}\n@keyframes r${row}{${moves.join('')}}\n`,
    body: `<svg x="${EDGE}" y="${y}" width="${COLUMNS * CELL}" height="${LINE}"><g id="r${row}">${bodies.join('')}</g></svg>`,
  };
}

/** Its length is given, so that columns stay in line whatever font there is. */
function run({ column, text, style }) {
  const trimmed = text.trimEnd();
  const start = trimmed.length - trimmed.trimStart().length;
  const word = trimmed.slice(start);
  const names = style.length ? ` class="${style.join(' ')}"` : '';
  const x = (column + start) * CELL;
  return `<text x="${x}" y="${FONT}" textLength="${[...word].length * CELL}"${names}>${escaped(word)}</text>`;
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
