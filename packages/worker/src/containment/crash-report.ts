/** Reports an exception that nobody caught on standard error, as Node does before it ends. */
import fs from 'node:fs';
import { inspect } from 'node:util';

/** Kept from before the app is loaded, which may replace it. */
const { writeSync } = fs;

export function reportCrash(thrown: unknown): void {
  const text = thrown instanceof Error ? inspect(thrown, { customInspect: false, depth: 5 }) : String(thrown);
  const report = `${text}\n\nNode.js ${process.version}\n`;
  try {
    writeSync(2, report);
  } catch {
    process.stderr.write(report);
  }
}
