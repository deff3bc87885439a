/** Figures of several servers as bars, one panel for each load, in one SVG. */
import { text } from './panel.mjs';

const WIDTH = 1000;
const LEFT = 330;
const RIGHT = 80;
const ROW = 26;
const colours = { own: '#2b6cb0', other: '#a0aec0' };

/**
 * @param {string} title @param {string} about @param {{title: string, bars: {name: string, value: number}[]}[]} panels
 * bars of tshorn stand out
 */
export function bars(title, about, panels) {
  let y = 84;
  const parts = panels.map((panel) => {
    const top = Math.max(...panel.bars.map(({ value }) => value));
    const lines = [text(24, y, panel.title, { weight: 600 })];
    y += 12;
    for (const { name, value } of panel.bars) {
      const width = (value / top) * (WIDTH - LEFT - RIGHT);
      const isOwn = /tshorn|the same/.test(name);
      lines.push(
        text(LEFT - 10, y + 17, name, { anchor: 'end' }),
        `<rect x="${LEFT}" y="${y + 3}" width="${width.toFixed(1)}" height="${ROW - 7}" fill="${isOwn ? colours.own : colours.other}"/>`,
        text(LEFT + width + 8, y + 17, value < 100 ? value.toFixed(1) : value.toFixed(0)),
      );
      y += ROW;
    }
    y += 34;
    return lines.join('\n');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif">`,
    `<rect width="${WIDTH}" height="${y}" fill="#ffffff"/>`,
    text(24, 34, title, { size: 20, weight: 600 }),
    text(24, 56, about, { colour: '#4a5568' }),
    ...parts,
    '</svg>\n',
  ].join('\n');
}
