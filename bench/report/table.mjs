/** Text tables: the first column to the left, figures to the right. */

/**
 * @param {string[]} head @param {(string | number | undefined)[][]} rows
 * @param {string} [title]
 */
export function table(head, rows, title) {
  const cells = [head, ...rows.map((row) => head.map((_, at) => String(row[at] ?? '')))];
  const widths = head.map((_, at) => Math.max(...cells.map((row) => row[at].length)));
  const line = (row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at])))
      .join('   ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('   ');
  return `${title ? `${title}\n\n` : ''}${[line(cells[0]), rule, ...cells.slice(1).map(line)].join('\n')}\n`;
}

/** @param {number} value @param {number} [digits] */
export const fixed = (value, digits = 0) => (Number.isFinite(value) ? value.toFixed(digits) : '-');

/** With a thin gap between thousands. @param {number} value */
export const whole = (value) =>
  Number.isFinite(value) ? Math.round(value).toLocaleString('en').replaceAll(',', ' ') : '-';

/** @param {number} ms */
export const ms = (ms) => `${fixed(ms, ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`;

/** @param {number} bytes */
export const mb = (bytes) => `${fixed(bytes / 1024 / 1024, 1)} MB`;

/** A target and whether it was met. @param {string} what @param {boolean} met */
export const verdict = (what, met) => `  ${met ? 'met   ' : 'MISSED'}  ${what}`;
