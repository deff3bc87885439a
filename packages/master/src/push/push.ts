/** What pushes metrics to somebody, where that is asked for. Created by the master. */
import type { Config } from '@tshorn/config';
import type { Log, Logger } from '../log.ts';
import type { Family } from '../metrics/family.ts';
import { otlpChoice } from './otlp-settings.ts';
import { Outage } from './outage.ts';
import type { Statsd } from './statsd.ts';

export interface Pushed {
  readonly observed: {
    /** All metrics. */
    families(): Promise<Family[]>;
    /** Those of the server alone, without the app's. */
    own(): Promise<Family[]>;
  };
  /** Lines of the log since the start. */
  readonly logged: Log['counts'];
}

export interface Push {
  /** A new master counts the workers from now on: what is not a sum, only one of the two may send. */
  handOver(): void;
  /** Pushes a last time; resolves within a second or so, and never rejects. */
  close(): Promise<void>;
}

export async function openPush(
  { statsd, statsdPrefix }: Pick<Config, 'statsd' | 'statsdPrefix'>,
  env: NodeJS.ProcessEnv,
  { observed, logged }: Pushed,
  log: Logger,
): Promise<Push> {
  const open: Pick<Push, 'close'>[] = [];
  let statsdPush: Statsd | undefined;
  const { settings, note } = otlpChoice(env);
  if (note) log[note.level]({ event: 'push-not-begun' }, note.text);
  if (settings) {
    const { Otlp } = await import('./otlp.ts');
    const { origin, pathname } = settings.url;
    const outage = new Outage(log, `OTLP ${origin}${pathname}`);
    open.push(new Otlp(settings, { families: () => observed.families(), outage }));
    log.info(
      { event: 'push-begun', to: `${origin}${pathname}` },
      `metrics are pushed to OTLP ${origin}${pathname} every ${settings.everyMs / 1_000} s`,
    );
  }
  if (statsd) {
    const { Statsd: Sender } = await import('./statsd.ts');
    const outage = new Outage(log, `StatsD ${statsd.host}:${statsd.port}`);
    statsdPush = new Sender(statsd, statsdPrefix, {
      families: () => observed.own(),
      logLines: () => ({ critical: logged.fatal, error: logged.error, warning: logged.warn }),
      outage,
    });
    open.push(statsdPush);
  }
  return {
    handOver: () => statsdPush?.handOver(),
    close: async () => {
      await Promise.all(open.map((one) => one.close()));
    },
  };
}
