/**
 * Reports an exception that nobody caught on standard error, as Node does before it ends (ReportFatalException and
 * GetErrorSource, src/node_errors.cc). Differences: docs/decisions/crash-attribution.md.
 */
import fs from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';
import { describeThrown } from '@tshorn/core';
import { isForeign } from '../app/app-frames.ts';
import { firstFrame, thrownPlace, unheardPlace } from './thrown-place.ts';

/** Kept from before the app is loaded, which may replace it. */
const { writeSync } = fs;

/** Node calls this with an error before it shows it (lib/internal/process/execution.js); it adds `Emitted 'error' event at:`. */
const ENHANCE = 'kEnhanceStackBeforeInspector';

/** @param isThrown false for an unhandled rejection */
export function reportCrash(thrown: unknown, isThrown: boolean): void {
  if (process.report?.reportOnUncaughtException) writeDiagnosticReport(thrown);
  write(crashReport(thrown, isThrown));
}

function writeDiagnosticReport(thrown: unknown): void {
  try {
    process.report.writeReport(thrown instanceof Error ? thrown : new Error(String(thrown)));
  } catch {
    // Node goes on as well.
  }
}

/** Exported for its tests. */
export const crashReport = (thrown: unknown, isThrown: boolean): string =>
  `${textOf(thrown, isThrown)}\n\nNode.js ${process.version}\n`;

function textOf(thrown: unknown, isThrown: boolean): string {
  try {
    return isObject(thrown) ? ofObject(thrown, isThrown) : ofPrimitive(thrown);
  } catch {
    // A getter of it throws, say. An exception here would end the process with code 7, and every request with it.
    return describeThrown(thrown);
  }
}

const isObject = (thrown: unknown): thrown is object =>
  (typeof thrown === 'object' && thrown !== null) || typeof thrown === 'function';

function ofPrimitive(thrown: unknown): string {
  const text = typeof thrown === 'symbol' ? '' : String(thrown);
  const name = path.parse(process.argv0).name || 'node';
  return `${text}\n(Use \`${name} --trace-uncaught ...\` to show where the exception was thrown)`;
}

function ofObject(thrown: object, isThrown: boolean): string {
  const isUnheard = enhance(thrown);
  const place = placeOf(thrown, isThrown, isUnheard);
  const depth = Math.max(inspect.defaultOptions.depth ?? 0, 5);
  let text: string;
  try {
    text = inspect(thrown, { colors: wantsColours(), customInspect: false, depth });
  } catch {
    text = String((thrown as { stack?: unknown }).stack);
  }
  return `${place}${text}`;
}

function placeOf(thrown: object, isThrown: boolean, isUnheard: boolean): string {
  const { stack, code } = thrown as { stack?: unknown; code?: unknown };
  if (isThrown && (isUnheard || code === 'ERR_UNHANDLED_ERROR')) return unheardPlace(!isUnheard);
  // Where V8 has found a mistake in a source, the stack does not tell.
  if (typeof stack !== 'string' || (thrown instanceof SyntaxError && isForeign(firstFrame(stack)))) return '';
  return thrownPlace(stack, isThrown);
}

/** The master reads standard error, so it is no terminal (tty.WriteStream#getColorDepth). */
const wantsColours = (): boolean => ['', '1', 'true', '2', '3'].includes(process.env.FORCE_COLOR ?? 'no');

/** @returns true for an 'error' event without a listener */
function enhance(thrown: object): boolean {
  const symbol = Object.getOwnPropertySymbols(thrown).find(({ description }) => description === ENHANCE);
  const enhancer = symbol && (thrown as Record<symbol, unknown>)[symbol];
  if (typeof enhancer !== 'function') return false;
  try {
    Object.assign(thrown, { stack: Reflect.apply(enhancer, thrown, [thrown]) });
  } catch {
    // A frozen error.
  }
  return true;
}

/** A pipe may be full for a moment, and the app may have made it non-blocking. */
const FULL_MS = 1_000;

function write(report: string): void {
  const until = performance.now() + FULL_MS;
  let rest = Buffer.from(report);
  while (rest.length > 0 && performance.now() < until) {
    try {
      rest = rest.subarray(writeSync(2, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
    }
  }
}
