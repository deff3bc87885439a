/** One chart of the timeline: a scale, a grid, and what is drawn on it. */

/** @param {string | number} content */
export function text(x, y, content, { anchor = 'start', size = 13, weight = 400, colour = '#2d3748' } = {}) {
  const place = `x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"`;
  return `<text ${place} font-size="${size}" font-weight="${weight}" fill="${colour}">${content}</text>`;
}

const round = (value) => Math.round(value * 10) / 10;

export class Panel {
  #parts = [];
  #options;

  /** @param {{y: number, height: number, title: string, bottom: number, top: number, log?: boolean}} options */
  constructor(options) {
    this.#options = options;
  }

  get svg() {
    return this.#parts.join('\n');
  }

  #y(value) {
    const { y, height, bottom, top, log } = this.#options;
    const scale = log ? Math.log : (v) => v;
    const share = (scale(Math.max(value, bottom)) - scale(bottom)) / (scale(top) - scale(bottom));
    return y + height - share * height;
  }

  #points = (points) => points.map(([x, value]) => `${round(x)},${round(this.#y(value))}`).join(' ');

  /** @param {number[]} ticks */
  grid(left, right, ticks) {
    const { y, title } = this.#options;
    for (const tick of ticks) {
      const at = round(this.#y(tick));
      this.#parts.push(
        `<line x1="${left}" x2="${right}" y1="${at}" y2="${at}" stroke="#d8dee6" stroke-width="1"/>`,
        text(left - 10, at + 4, tick, { anchor: 'end', size: 12, colour: '#4a5568' }),
      );
    }
    this.#parts.push(text(left, y - 6, title, { size: 13, weight: 600 }));
  }

  line(points, colour, width = 1.8) {
    this.#parts.push(
      `<polyline points="${this.#points(points)}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round"/>`,
    );
  }

  area(points, fill, colour) {
    if (points.length === 0) return;
    const { bottom } = this.#options;
    const closed = [[points[0][0], bottom], ...points, [points.at(-1)[0], bottom]];
    this.#parts.push(`<polygon points="${this.#points(closed)}" fill="${fill}" fill-opacity="0.8"/>`);
    this.line(points, colour);
  }

  dot(x, value, colour) {
    this.#parts.push(
      `<circle cx="${round(x)}" cy="${round(this.#y(value))}" r="4" fill="${colour}" fill-opacity="0.75"/>`,
    );
  }
}
