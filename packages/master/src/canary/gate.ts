/** Between the reload, which asks for a comparison, and the watch that makes it. */
import type { Config } from '@tshorn/config';
import type { Sample } from '@tshorn/core';
import type { Logger } from '../log.ts';
import { type CanaryVerdict, CanaryWatch } from './watch.ts';

export interface GateOrders {
  readonly log: Logger;
  /** Workers in service that are none of these. */
  others(serials: readonly number[]): readonly number[];
  /** Has a worker send samples, or stop it. */
  send(serial: number, on: boolean): void;
  onVerdict(generation: number, pass: boolean, reason: string): void;
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
    const { others, send } = this.#orders;
    this.#watch = new CanaryWatch({
      canary,
      baseline: () => others(canary),
      settings: { timeMs: settings.canaryTime, requests: settings.canaryRequests },
      send,
      onVerdict: (verdict) => this.#tell(generation, verdict, settings.canaryInconclusive),
    });
  }

  #tell(
    generation: number,
    { verdict, reason, figures }: CanaryVerdict,
    inconclusive: GateSettings['canaryInconclusive'],
  ): void {
    const pass = verdict === 'pass' || (verdict === 'inconclusive' && inconclusive === 'pass');
    const rule = verdict === 'inconclusive' ? ` (--canary-inconclusive ${inconclusive})` : '';
    const text = `canary gen=${generation} ${pass ? 'passed' : 'failed'}${rule}: ${reason}`;
    this.#orders.log[pass ? 'info' : 'error']({ event: 'canary', generation, verdict, pass, figures }, text);
    this.#orders.onVerdict(generation, pass, `the canary is worse than the old workers: ${reason}`);
  }

  sample(serial: number, sample: Sample): void {
    this.#watch?.sample(serial, sample);
  }

  exited(serial: number, crashed: boolean): void {
    this.#watch?.exited(serial, crashed);
  }

  end(): void {
    this.#watch?.stop();
    this.#watch = undefined;
  }
}
