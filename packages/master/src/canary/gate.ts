/** Runs the comparison that a canary reload asks for, and reports its verdict to the reload. */
import type { Config } from '@tshorn/config';
import type { Sample } from '@tshorn/core';
import type { Logger } from '../log.ts';
import type { View } from '../view.ts';
import { type CanaryVerdict, CanaryWatch } from './watch.ts';

export interface GateOrders {
  readonly log: Logger;
  readonly view: Pick<View, 'readyBeside'>;
  /** Makes a worker send samples, or stop doing so. */
  send(serial: number, on: boolean): void;
  onVerdict(generation: number, outcome: GateOutcome): void;
}

export interface GateOutcome {
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  readonly pass: boolean;
  readonly reason: string;
}

type GateSettings = Pick<Config, 'canaryTime' | 'canaryRequests' | 'canaryInconclusive'>;

export class CanaryGate {
  readonly #orders: GateOrders;
  #watch: CanaryWatch | undefined;

  constructor(orders: GateOrders) {
    this.#orders = orders;
  }

  begin(generation: number, canary: readonly number[], settings: GateSettings): void {
    this.end();
    const { view, send } = this.#orders;
    this.#watch = new CanaryWatch({
      canary,
      baseline: () => view.readyBeside(canary),
      settings: { timeMs: settings.canaryTime, requests: settings.canaryRequests },
      send,
      onVerdict: (verdict) => this.#report(generation, verdict, settings.canaryInconclusive),
    });
  }

  #report(
    generation: number,
    { verdict, reason, figures }: CanaryVerdict,
    inconclusive: GateSettings['canaryInconclusive'],
  ): void {
    const doubtful = verdict === 'inconclusive';
    const pass = verdict === 'pass' || (doubtful && inconclusive === 'pass');
    const text = doubtful
      ? `the canary could not be judged: ${reason} (--canary-inconclusive ${inconclusive})`
      : `the canary is ${pass ? 'no worse' : 'worse'} than the old workers: ${reason}`;
    this.#orders.log.debug({ event: 'canary-figures', generation, figures }, 'figures of the canary verdict');
    this.#orders.onVerdict(generation, { verdict, pass, reason: text });
  }

  sample(serial: number, sample: Sample): void {
    this.#watch?.sample(serial, sample);
  }

  exited(serial: number): void {
    this.#watch?.exited(serial);
  }

  end(): void {
    this.#watch?.stop();
    this.#watch = undefined;
  }
}
