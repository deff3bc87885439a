/** The page of the admin listener in Chromium, and what it does that it should not. */
import type { Browser, Page } from 'playwright-core';
import { startChromium } from './chromium.ts';
import type { TestServer } from './server.ts';

export const adminOrigin = async (server: TestServer): Promise<string> =>
  `http://${(await server.event('admin-listening')).address}`;

interface Looks {
  readonly width?: number;
  readonly height?: number;
  readonly colours?: 'light' | 'dark';
}

export class AdminPage {
  /** Console errors, exceptions, and requests to elsewhere. */
  readonly wrong: string[] = [];
  readonly page: Page;
  readonly #browser: Browser;

  static async open(origin: string, { width = 1280, height = 900, colours = 'light' }: Looks = {}) {
    const browser = await startChromium();
    const page = await browser.newPage({ viewport: { width, height }, colorScheme: colours });
    const opened = new AdminPage(browser, page, origin);
    await page.goto(`${origin}/`);
    return opened;
  }

  private constructor(browser: Browser, page: Page, origin: string) {
    this.#browser = browser;
    this.page = page;
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.wrong.push(message.text());
    });
    page.on('pageerror', (error) => this.wrong.push(String(error)));
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) this.wrong.push(url);
    });
  }

  /** Resolves when an element that fits is visible. */
  async shows(selector: string, text?: string | RegExp): Promise<void> {
    await this.page
      .locator(selector, text === undefined ? {} : { hasText: text })
      .first()
      .waitFor();
  }

  /** CSS pixels by which the page is wider than the screen. */
  overhang(): Promise<number> {
    return this.page.evaluate('document.documentElement.scrollWidth - innerWidth');
  }

  /** How light the page is, from 0 to 255. */
  background(): Promise<number> {
    return this.page.evaluate('Number(/\\d+/.exec(getComputedStyle(document.body).backgroundColor)[0])');
  }

  /** Presses Tab until this element has the focus. */
  async tabTo(selector: string): Promise<void> {
    for (let presses = 0; presses < 40; presses++) {
      if (await this.page.locator(`${selector}:focus`).count()) return;
      await this.page.keyboard.press('Tab');
    }
    throw new Error(`Tab does not lead to ${selector}`);
  }

  /** Clicks where the pointer says that a chart can be clicked: at a mark, which a canvas shows. */
  async clickMark(chart: string): Promise<void> {
    const plot = this.page.locator(`${chart} .u-over`);
    const box = await plot.boundingBox();
    if (!box) throw new Error(`${chart} is not visible`);
    for (let left = box.width - 2; left > 0; left -= 4) {
      await this.page.mouse.move(box.x + left, box.y + box.height / 2);
      if (
        (await plot.evaluate(
          (element) => (element as unknown as { style: { cursor: string } }).style.cursor,
        )) !== 'pointer'
      )
        continue;
      return this.page.mouse.click(box.x + left, box.y + box.height / 2);
    }
    throw new Error(`${chart} has no mark`);
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}
