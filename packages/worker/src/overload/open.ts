/** Loads the overload control where its option is in use, and nothing of it otherwise. */
import type { WorkerOptions } from '@tshorn/config';
import type { ToMaster } from '@tshorn/core';
import type { Reporter } from '../metrics/reporter.ts';
import type { Transport } from '../transport/transport.ts';
import type { OverloadOptions } from './overload.ts';

/** Called once, before connections come. @param reporter absent with `--no-metrics` */
export async function openOverload(
  transport: Transport,
  options: OverloadOptions & Pick<WorkerOptions, 'overload'>,
  reporter: Reporter | undefined,
  send: (message: ToMaster) => unknown,
): Promise<void> {
  if (options.overload === 'off') return;
  const { Overload } = await import('./overload.ts');
  const { counts } = new Overload(transport, options, (text) => send({ type: 'log', level: 'warn', text }));
  if (reporter) reporter.shed = counts.byReason;
}
