import { print } from '../style.ts';
import { brokeOff, onInterrupt, requestOnly } from './asking.ts';
import { chooseMaster } from './choose.ts';
import { type StreamEvent, stream } from './client.ts';
import type { Which } from './find.ts';

export interface StopValues extends Which {
  readonly quick: boolean;
  readonly now: boolean;
  readonly json: boolean;
  readonly noWait: boolean;
}

/** `tshorn stop`: resolves when the master has ended, with 0, or with 1 when it ended with an error. */
export async function stop({ quick, now, json, noWait, ...which }: StopValues): Promise<number> {
  const socket = await chooseMaster({ json, ...which });
  const body = { mode: now ? 'now' : quick ? 'quick' : 'graceful', by: 'tshorn stop' };
  if (noWait) return requestOnly(socket, '/stop', body, { json, text: 'stop requested' });
  const release = onInterrupt(() => process.stderr.write('tshorn: the stop continues\n'));
  let last: StreamEvent | undefined;
  for await (const event of stream(socket, '/stop', body)) {
    if (event.event === 'stopped') last = event;
    if (json) print(JSON.stringify(event));
    else if (event.level !== 'debug') print(event.msg);
  }
  release();
  if (!last) throw brokeOff('the stop');
  return last.level === 'error' ? 1 : 0;
}
