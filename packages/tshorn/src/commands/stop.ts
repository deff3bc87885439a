import { brokeOff, onInterrupt, type Run } from './asking.ts';
import { ask, type StreamEvent, stream } from './client.ts';
import { print } from './style.ts';

/** `tshorn stop`: resolves when the master has ended, with 0, or with 1 when it ended with an error. */
export const stop: Run = async (socket, { mode, json, wait }) => {
  const body = { mode, by: 'tshorn stop' };
  if (!wait) {
    const answer = await ask(socket, '/stop?wait=0', body);
    print(json ? JSON.stringify(answer) : 'stop requested');
    return 0;
  }
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
};
