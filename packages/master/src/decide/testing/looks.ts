/** The scaler's looks at a server, second by second, for tests of its rules. */
import {
  firstMemory,
  type Judgement,
  judge,
  LOOK_MS,
  type ScalingSettings,
  type Seen,
} from '../load-rules.ts';

export const scaling: ScalingSettings = { target: 0.6, upMs: 4_000, downMs: 60_000 };

export class Looks {
  memory = firstMemory();
  at = 0;
  seen: Omit<Seen, 'at'>;

  constructor(seen: Partial<Seen> = {}) {
    this.seen = {
      range: { min: 1, max: 8 },
      ready: 1,
      coming: seen.ready ?? 1,
      load: 0,
      queued: 0,
      requests: 0,
      cpuUsed: 0,
      cpus: 64,
      room: undefined,
      failures: 0,
      may: 'all',
      ...seen,
    };
  }

  look(change: Partial<Seen> = {}): Judgement {
    this.seen = { ...this.seen, ...change };
    const judgement = judge(this.memory, { ...this.seen, at: this.at }, scaling);
    this.memory = judgement.memory;
    this.at += LOOK_MS;
    return judgement;
  }

  /** The first wish within this time, which is carried out at once; undefined where there is none. */
  within(seconds: number, change: Partial<Seen> = {}) {
    for (let second = 0; second < seconds; second++) {
      const { wish } = this.look(change);
      if (!wish) continue;
      this.seen = { ...this.seen, ready: wish.to, coming: wish.to };
      return { ...wish, afterSeconds: second };
    }
    return undefined;
  }
}
