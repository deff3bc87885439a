/** Loads the overload control where its option is in use, and nothing of it otherwise. */
import type { WorkerOptions } from '@tshorn/config';
import type { ToMaster } from '@tshorn/core';
import type { Reporter } from '../metrics/reporter.ts';
import type { Transport } from '../transport/transport.ts';
import type { OverloadOptions } from './overload.ts';

/**
 * Called once, before connections come.
 * @param reporter absent with `--no-metrics`
 * @returns to be called when the worker has answered its last request: the log has what was shed
 */
export async function openOverload(
  transport: Transport,
  options: OverloadOptions & Pick<WorkerOptions, 'overload'>,
  reporter: Reporter | undefined,
  send: (message: ToMaster) => unknown,
): Promise<(() => Promise<void>) | undefined> {
  if (options.overload === 'off') return undefined;
  const { Overload } = await import('./overload.ts');
  const say = async (text: string) => void (await send({ type: 'log', level: 'warn', text }));
  const { counts } = new Overload(transport, options, say);
  if (reporter) reporter.shed = counts.byReason;
  return async () => {
    const line = counts.end();
    if (line) await say(line);
  };
}
