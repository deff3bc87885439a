/**
 * What has happened to a server, as the page marks it in its charts: each reload, crash, hang, recycle, change of size and leave,
 * with the lines of the log that tell of it. A mark gathers lines until its story ends. Pure; bounded in number and bytes.
 */

import { headOf, type LoggedLine, type MarkLine, shortened, sizeOf } from './mark-line.ts';

export type MarkKind =
  | 'reload'
  | 're-exec'
  | 'crash'
  | 'hang'
  | 'recycle'
  | 'scale'
  | 'degraded'
  | 'leave'
  | 'stop';

export interface Mark {
  /** Unique over the masters of a service. */
  readonly id: string;
  readonly kind: MarkKind;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Its end; absent while it goes on. */
  readonly until?: number;
  /** `good`: it ended as intended. `bad`: something failed. `neutral`: neither, or not yet. */
  readonly result: 'good' | 'bad' | 'neutral';
  /** The line that says most. */
  readonly title: string;
  /** Slot. */
  readonly worker?: number;
  readonly generation?: number;
  readonly lines: readonly MarkLine[];
  /** Lines that were left out in the middle. */
  readonly leftOut: number;
}

interface Draft extends Mark {
  until?: number;
  result: Mark['result'];
  title: string;
  leftOut: number;
  lines: MarkLine[];
  version: number;
  bytes: number;
}

const MOST_MARKS = 200;
/** With the points it has to be less than what a reader of the stream may leave unread (stream.ts). */
const MOST_BYTES = 500_000;
const MOST_LINES = 40;
/** Not the pid, which is 1 again after each start of a container. */
const START = Math.round(performance.timeOrigin);

/** Events that begin the story of a worker. */
const BEGINS: Readonly<Record<string, MarkKind>> = {
  crashed: 'crash',
  broken: 'crash',
  rescuing: 'hang',
  hung: 'hang',
  'never-came-up': 'hang',
  'never-left': 'hang',
  recycling: 'recycle',
  'nearly-full': 'recycle',
  'closed-server': 'recycle',
};
/** Events that continue the story of a worker. */
const CONTINUES = new Set([...Object.keys(BEGINS), 'contained', 'killed', 'drained', 'draining', 'exited']);
/** The line of these says what it was about. */
const SAYS_MOST = new Set(['crashed', 'hung', 'broken', 'never-came-up', 'never-left']);

export class Marks {
  readonly #next: () => number;
  /** The oldest first. */
  #marks: Draft[] = [];
  #bytes = 0;
  #count = 0;
  /** The story of each worker, by pid. */
  readonly #ofWorker = new Map<unknown, Draft>();
  #reload: Draft | undefined;
  #scale: Draft | undefined;
  #degraded: Draft | undefined;
  #reExec: Draft | undefined;
  #leave: Draft | undefined;
  #stop: Draft | undefined;
  /** A new master serves: the end of this one is no end of the service. */
  #isReplaced = false;

  /** @param next makes the version of a change */
  constructor(next: () => number) {
    this.#next = next;
  }

  /** Those that have changed since a version. */
  since(version: number): Mark[] {
    return this.#marks
      .filter((mark) => mark.version > version)
      .map(({ version: _version, bytes: _bytes, ...mark }) => ({ ...mark, lines: [...mark.lines] }));
  }

  add(line: LoggedLine): void {
    const { event, pid } = line;
    if (event === undefined) return;
    // A new process has the pid of one that has ended.
    if (event === 'spawned') this.#ofWorker.delete(pid);
    this.#ofServer(event, line);
    this.#ofReload(event, line);
    // A new worker that is broken is told by the reload that it fails.
    const isToldThere = event === 'broken' && this.#reload !== undefined && belongsTo(this.#reload, line);
    if (CONTINUES.has(event) && pid !== undefined && !isToldThere) this.#story(event, line);
  }

  #ofReload(event: string, line: LoggedLine): void {
    if (event === 'reload-started') this.#reload = this.#begin('reload', line);
    const mark = this.#reload;
    if (event === 'reload-finished') {
      this.#reload = undefined;
      const verdict = mark ?? this.#begin('reload', line);
      if (mark) this.#append(mark, line);
      verdict.title = headOf(line.msg);
      this.#end(verdict, line, line.outcome === 'committed' ? 'good' : 'bad');
    } else if (mark && event !== 'reload-started' && belongsTo(mark, line)) this.#append(mark, line);
  }

  #ofServer(event: string, line: LoggedLine): void {
    switch (event) {
      case 'resized':
        this.#scale = this.#continue(this.#scale, 'scale', line);
        if (line.size !== line.target) return;
        this.#end(this.#scale, line, 'good');
        this.#scale = undefined;
        return;
      case 'degraded':
      case 'crash-loop':
        this.#degraded = this.#continue(this.#degraded, 'degraded', line);
        this.#degraded.result = 'bad';
        return;
      case 'recovered':
        if (!this.#degraded) return;
        this.#append(this.#degraded, line);
        this.#end(this.#degraded, line, 'bad');
        this.#degraded = undefined;
        return;
      case 're-exec-started':
        this.#reExec = this.#begin('re-exec', line);
        return;
      case 're-exec-finished':
      case 'took-over':
        this.#reExec = this.#continue(this.#reExec, 're-exec', line);
        this.#reExec.title = headOf(line.msg);
        this.#end(this.#reExec, line, line.outcome === 'failed' ? 'bad' : 'good');
        this.#reExec = undefined;
        this.#isReplaced = event === 're-exec-finished' && line.outcome === 'committed';
        return;
      case 'leaving':
        // A stop may follow a `tshorn leave`, with the rest of its delay.
        this.#leave = this.#continue(this.#leave, 'leave', line);
        return;
      case 'staying':
      case 'stopping':
        if (this.#leave) {
          this.#append(this.#leave, line);
          this.#end(this.#leave, line, event === 'staying' ? 'good' : 'neutral');
          this.#leave = undefined;
        }
        if (event === 'staying' || this.#isReplaced) return;
        this.#stop = this.#continue(this.#stop, 'stop', line);
        if (line.level === 'fatal') this.#stop.result = 'bad';
        return;
      case 'stopped':
        if (!this.#stop) return;
        this.#append(this.#stop, line);
        this.#end(this.#stop, line, line.level === 'error' ? 'bad' : this.#stop.result);
        this.#stop = undefined;
    }
  }

  #story(event: string, line: LoggedLine): void {
    const kind = BEGINS[event];
    let mark = this.#ofWorker.get(line.pid);
    // A recycle that ends in a hang is told as a hang of its own.
    if (kind && (!mark || (mark.kind === 'recycle' && kind !== 'recycle'))) {
      mark = this.#begin(kind, line);
      this.#ofWorker.set(line.pid, mark);
      if (kind !== 'recycle') mark.result = 'bad';
    } else if (mark) this.#append(mark, line);
    if (!mark) return;
    if (SAYS_MOST.has(event)) mark.title = headOf(line.msg);
    if (event === 'exited' || event === 'contained') {
      this.#end(mark, line, mark.kind === 'recycle' ? 'good' : 'bad');
    }
  }

  #continue(mark: Draft | undefined, kind: MarkKind, line: LoggedLine): Draft {
    if (!mark) return this.#begin(kind, line);
    this.#append(mark, line);
    mark.title = headOf(line.msg);
    return mark;
  }

  #begin(kind: MarkKind, line: LoggedLine): Draft {
    const generation = line.generation ?? line.gen;
    const mark: Draft = {
      id: kind === 're-exec' ? reExecId(line) : `${START}-${++this.#count}`,
      kind,
      at: line.time,
      result: 'neutral',
      title: headOf(line.msg),
      ...(typeof line.worker === 'number' && { worker: line.worker }),
      ...(typeof generation === 'number' && { generation }),
      lines: [],
      leftOut: 0,
      version: 0,
      bytes: 0,
    };
    this.#marks.push(mark);
    this.#append(mark, line);
    return mark;
  }

  #append(mark: Draft, line: LoggedLine): void {
    const kept = shortened(line);
    mark.lines.push(kept);
    this.#weigh(mark, sizeOf(kept));
    if (mark.lines.length > MOST_LINES) {
      const [gone] = mark.lines.splice(MOST_LINES / 2, 1);
      mark.leftOut++;
      this.#weigh(mark, -sizeOf(gone));
    }
    mark.version = this.#next();
    this.#bound();
  }

  #end(mark: Draft, line: LoggedLine, result: Mark['result']): void {
    mark.until = line.time;
    mark.result = result;
    mark.version = this.#next();
  }

  #weigh(mark: Draft, bytes: number): void {
    mark.bytes += bytes;
    this.#bytes += bytes;
  }

  #bound(): void {
    while (this.#marks.length > 1 && (this.#marks.length > MOST_MARKS || this.#bytes > MOST_BYTES)) {
      // With --max-requests there may be thousands of recycles in an hour: those that ended well go before a crash.
      const routine = this.#marks.findIndex(({ kind, result }) => kind === 'recycle' && result === 'good');
      const [oldest] = this.#marks.splice(Math.max(0, routine), 1);
      this.#bytes -= oldest?.bytes ?? 0;
      // Nobody sees what is added to it.
      if (this.#reload === oldest) this.#reload = undefined;
      if (this.#scale === oldest) this.#scale = undefined;
      if (this.#degraded === oldest) this.#degraded = undefined;
      if (this.#reExec === oldest) this.#reExec = undefined;
      if (this.#leave === oldest) this.#leave = undefined;
      if (this.#stop === oldest) this.#stop = undefined;
      for (const [pid, mark] of this.#ofWorker) if (mark === oldest) this.#ofWorker.delete(pid);
    }
  }
}

/** Both masters tell of a re-exec: to a reader of both it is one. The old one names the pid of the new one. */
const reExecId = ({ event, pid }: LoggedLine): string =>
  `re-exec-${event === 'took-over' ? process.pid : (pid ?? START)}`;

/** Steps of the reload, and what concerns its generation. */
const belongsTo = (reload: Mark, { step, gen, generation }: LoggedLine): boolean =>
  step !== undefined || (gen ?? generation) === reload.generation;
