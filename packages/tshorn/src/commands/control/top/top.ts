import { TshornError } from '@tshorn/core';
import type { Snapshot } from '@tshorn/master';
import { paintFor } from '../../style.ts';
import { chooseMaster, directory, findMaster } from '../choose.ts';
import type { Which } from '../find.ts';
import { eventsBefore, keepReading } from './feed.ts';
import { type Key, pressed } from './keys.ts';
import { begin, heard, type Picture, seen } from './picture.ts';
import { printTop } from './print.ts';
import { Screen } from './screen.ts';
import { linesOf } from './view.ts';

export interface TopValues extends Which {
  readonly once: boolean;
  readonly json: boolean;
  /** Milliseconds. */
  readonly interval?: number | undefined;
}

/** Notices come in bursts: a drawing waits for so many milliseconds for the next one. */
const DRAW_AFTER_MS = 30;

/** `tshorn top`: resolves with the exit code when it is quit. */
export async function top({ once, json, interval, ...which }: TopValues): Promise<number> {
  const socket = await chooseMaster({ json: true, ...which });
  const { stdin, stdout } = process;
  const canDraw = stdin.isTTY && stdout.isTTY && process.env.TERM !== 'dumb';
  if (once || json || interval !== undefined || !canDraw) return printTop(socket, { json, interval });
  return watchTop(socket, which);
}

async function watchTop(socket: string, which: Which): Promise<number> {
  const quit = new AbortController();
  let code = 0;
  const before = await eventsBefore(socket);
  let picture: Picture | undefined;
  let failed: TshornError | undefined;
  let timer: NodeJS.Timeout | undefined;
  const draw = () => {
    clearTimeout(timer);
    timer = undefined;
    if (picture) screen.draw(linesOf(picture, screen.size));
  };
  const drawSoon = () => {
    timer ??= setTimeout(draw, DRAW_AFTER_MS);
  };
  const end = (exitCode: number) => {
    code = exitCode;
    quit.abort();
  };
  const key = (name: Key) => {
    if (!picture) {
      if (name.name === 'q' || (name.ctrl && name.name === 'c')) end(name.name === 'q' ? 0 : 130);
      return;
    }
    const next = pressed(picture, name, screen.size.columns);
    if (next === 'quit') return end(0);
    if (next === 'interrupt') return end(130);
    if (next === 'suspend') return screen.suspend();
    if (next === 'redraw') screen.forget();
    else picture = next;
    draw();
  };
  const screen = new Screen({
    input: process.stdin,
    output: process.stdout,
    paint: paintFor(process.stdout, process.env),
    key,
    redraw: draw,
  });
  const reader = {
    snapshot(snapshot: Snapshot) {
      picture = picture ? seen(picture, snapshot) : begin(snapshot, before);
      drawSoon();
    },
    notice(notice: Parameters<typeof heard>[1]) {
      if (picture) picture = heard(picture, notice);
      drawSoon();
    },
    lost(reason: string) {
      if (picture) picture = { ...picture, lost: `looking for the master again: ${reason}` };
      // Nothing could be shown below that.
      else failed = new TshornError('ERR_CONTROL', reason);
      if (failed) quit.abort();
      drawSoon();
    },
  };
  const signals = { SIGTERM: 143, SIGHUP: 129, SIGINT: 130 } as const;
  for (const [signal, exitCode] of Object.entries(signals)) process.once(signal, () => end(exitCode));
  screen.open();
  try {
    let first = true;
    const find = async (newMaster?: number) => {
      // The master that was chosen is read first, and found again in the same way when it is gone.
      if (first) {
        first = false;
        return socket;
      }
      if (newMaster !== undefined && which.control === undefined) {
        const found = findMaster({ pid: newMaster }, process.env);
        // Where it has ended, the next start of the server is another one.
        return which.pid === undefined ? found.catch(() => findAgain()) : found;
      }
      return findAgain();
    };
    const findAgain = () => findMaster(which, process.env, { here: directory() });
    await keepReading(find, reader, quit.signal);
  } finally {
    clearTimeout(timer);
    screen.close();
  }
  if (failed) throw failed;
  return code;
}
