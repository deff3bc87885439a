import { TshornError } from '@tshorn/core';
import { ask, type StreamEvent, stream } from './client.ts';
import { Live } from './live.ts';
import { ReloadView } from './reload-view.ts';
import { brokeOff, onInterrupt, print, type Run } from './run.ts';
import type { Status } from './status-view.ts';
import { colourOfOutcome, paintFor } from './style.ts';

const BODY = { by: 'tshorn reload' };

/** What shows the events as they come, and the verdict. */
interface Show {
  event(event: StreamEvent): void;
  /** Before anything else is written, and at the end. */
  end(): void;
}

/** `tshorn reload`: resolves with 0 when the reload is committed, else with 1. */
export const reload: Run = async (socket, { json, wait }) => {
  if (!wait) {
    const answer = await ask(socket, '/reload?wait=0', BODY);
    print(json ? JSON.stringify(answer) : 'asked for a reload; tshorn status tells how it ended');
    return 0;
  }
  const show = json ? jsonLines : process.stdout.isTTY ? await livePicture(socket) : plainLines;
  const release = onInterrupt(() => {
    show.end();
    process.stderr.write('tshorn: the reload goes on; tshorn status tells how it ended\n');
  });
  let verdict: StreamEvent | undefined;
  try {
    for await (const event of stream(socket, '/reload', BODY)) {
      show.event(event);
      if (event.event === 'reload-finished') verdict = event;
    }
  } finally {
    show.end();
    release();
  }
  if (!verdict) throw brokeOff('the reload');
  if (verdict.outcome === 'committed') {
    if (!json) print(paintFor(process.stdout, process.env)(colourOfOutcome('committed'), verdict.msg));
    return 0;
  }
  throw new TshornError('ERR_STATE', verdict.msg);
};

const jsonLines: Show = { event: (event) => print(JSON.stringify(event)), end() {} };

/** The verdict is not among them: it is the last line, on the stream that suits it. */
const plainLines: Show = {
  event({ event, level, msg }) {
    if (level !== 'debug' && event !== 'reload-finished') print(msg);
  },
  end() {},
};

async function livePicture(socket: string): Promise<Show> {
  const { workers } = (await ask(socket, '/status')) as Status;
  const view = new ReloadView(workers);
  const paint = paintFor(process.stdout, process.env);
  const begin = performance.now();
  const live = new Live(process.stdout, (width) => view.lines(performance.now() - begin, width, paint));
  let ended = false;
  return {
    event(event) {
      view.apply(event);
      live.draw();
    },
    end() {
      if (!ended) live.end();
      ended = true;
    },
  };
}
