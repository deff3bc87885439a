/** A real browser, where there is one: `CHROMIUM` names it, or it is found in its usual places. */
import fs from 'node:fs';
import type { Browser } from 'playwright-core';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Empty where there is none. */
export const chromiumPath: string =
  process.env.CHROMIUM || (PLACES.find((place) => fs.existsSync(place)) ?? '');

/** It talks to nobody but the page. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Each has a profile of its own, which goes with it. */
export async function startChromium(): Promise<Browser> {
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath: chromiumPath, args: QUIET });
}
