/** A real browser, if the machine has one: `CHROMIUM` names it, or it is in one of the usual places. */
import fs from 'node:fs';
import type { Browser } from 'playwright-core';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Empty on a machine without one. */
export const chromiumPath: string =
  process.env.CHROMIUM || (PLACES.find((place) => fs.existsSync(place)) ?? '');

/** The browser connects to nothing but the page. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Each browser has a profile of its own, which is deleted at its end. */
export async function startChromium(): Promise<Browser> {
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath: chromiumPath, args: QUIET });
}
