/**
 * The loop of the master: takes events one by one to decide(), has all effects performed, and reports the notices after
 * that. Only the loop changes the state. Created by the master.
 */
import { describeThrown, stackOf } from '@tshorn/core';
import { decide } from './decide/decide.ts';
import type { Scaled } from './decide/desired.ts';
import type { Effect, Event } from './decide/events.ts';
import type { State } from './decide/model.ts';
import type { Notice } from './decide/notice.ts';
import type { Logger } from './log.ts';

interface Surroundings {
  readonly log: Logger;
  /** The first state. */
  readonly state: State;
  /** May throw. */
  perform(effect: Effect): void;
  /** Never throws. */
  announce(notices: readonly Notice[]): void;
}

export class Loop {
  readonly #around: Surroundings;
  readonly #queue: Event[] = [];
  #state: State;
  #hasBegun = false;
  #isWorking = false;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#state = around.state;
  }

  get state(): State {
    return this.#state;
  }

  /**
   * Starts the server. An event that came before (a HUP while `onStarting` runs) follows it. `release`: the name of the first
   * one. `scaled`: what the scaler of an old master has found.
   */
  begin(release: string | undefined, scaled?: Scaled): void {
    this.#hasBegun = true;
    this.#queue.unshift({
      type: 'start',
      ...(release !== undefined && { release }),
      ...(scaled && { scaled }),
    });
    this.#work();
  }

  enqueue(event: Event): void {
    this.#queue.push(event);
    if (this.#hasBegun && !this.#isWorking) this.#work();
  }

  #work(): void {
    this.#isWorking = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) this.#handle(next);
    this.#isWorking = false;
  }

  /** Never throws: an event that cannot be handled changes nothing, and costs no other event its turn. */
  #handle(event: Event): void {
    const { log, announce } = this.#around;
    try {
      const { state, effects, notices } = decide(this.#state, event, performance.now());
      this.#state = state;
      for (const effect of effects) this.#perform(effect);
      announce(notices);
    } catch (error) {
      const text = `bug in tshorn: the event ${event.type} could not be handled and is ignored: ${stackOf(error)}`;
      log.error({ event: 'event-lost', type: event.type }, text);
    }
  }

  /** In a guard of its own: an order that the system refuses (EAGAIN for a fork) must not cost the next order. */
  #perform(effect: Effect): void {
    const { log, perform } = this.#around;
    try {
      perform(effect);
    } catch (error) {
      const reason = describeThrown(error);
      log.error({ event: 'effect-failed', effect: effect.do }, `${effect.do} failed: ${reason}`);
      if (effect.do !== 'spawn') return;
      this.enqueue({ type: 'worker-load-failed', serial: effect.serial, message: reason });
      this.enqueue({ type: 'worker-exited', serial: effect.serial, code: null, signal: null });
    }
  }
}
