/** A tshorn server as a child process, and its state as its log reports it: workers, reload, the last lines. */
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import net from 'node:net';
import { createInterface } from 'node:readline';

/** Number of log lines that are kept. */
const KEPT_LINES = 50;

/** Emits `line` for each line of the server's log, after the state includes it. */
export class WatchedServer extends EventEmitter {
  /** Workers by pid: { pid, slot, generation, state, since }. State: starting, ready, draining, parked. */
  workers = new Map();
  size;
  /** The current reload, or the last one: { generation, since, step, of, outcome, serving, reason, tookMs, replaced }. */
  reload;
  committed = 0;
  rolledBack = 0;
  lines = [];
  exitCode;
  #process;

  /** @param command the words behind `node` */
  constructor(command, { workers, bind }) {
    super();
    this.size = workers;
    const argv = [...command, '--workers', String(workers), '--bind', bind, '--log-format', 'json'];
    // In a process group of its own, so that Ctrl-C reaches only this process, which stops the clients first.
    this.#process = spawn(process.execPath, argv, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.#read(line));
    }
    this.ended = once(this.#process, 'close').then(([code]) => {
      this.exitCode = code;
      this.emit('ended');
    });
  }

  get pid() {
    return this.#process.pid;
  }

  signal(signal) {
    this.#process.kill(signal);
  }

  #read(text) {
    let line;
    try {
      line = JSON.parse(text);
    } catch {
      line = { level: 30, time: Date.now(), msg: text };
    }
    this.#learn(line);
    this.lines.push(line);
    if (this.lines.length > KEPT_LINES) this.lines.shift();
    this.emit('line', line);
  }

  #learn({ event, time, msg, worker: slot, gen: generation, pid, step, of, ...line }) {
    const worker = this.workers.get(pid);
    const become = (state) => worker && Object.assign(worker, { state, since: time });
    if (step !== undefined && this.reloading) Object.assign(this.reload, { step, of });
    switch (event) {
      case 'listening':
        this.port = line.port;
        break;
      case 'spawned':
        this.workers.set(pid, { pid, slot, generation, state: 'starting', since: time });
        break;
      case 'ready':
      case 'draining':
        become(event);
        break;
      case 'drained':
        become('parked');
        break;
      case 'exited':
      case 'crashed':
        this.workers.delete(pid);
        break;
      case 'resized':
        this.size = line.size;
        break;
      case 'reload-started':
        this.reload = { generation: line.generation, since: time };
        break;
      case 'reload-finished':
        Object.assign(this.reload, line);
        if (line.outcome === 'committed') this.committed++;
        if (line.outcome === 'rolled-back') this.rolledBack++;
        break;
    }
  }

  get reloading() {
    return this.reload !== undefined && this.reload.outcome === undefined;
  }

  /** Resolves with the next line of this event; rejects if the server exits before. */
  next(event) {
    return new Promise((resolve, reject) => {
      const end = (settle, value) => {
        this.off('line', look);
        this.off('ended', gone);
        settle(value);
      };
      const look = (line) => line.event === event && end(resolve, line);
      const gone = () => end(reject, new Error(`the server ended with exit code ${this.exitCode}`));
      this.on('line', look);
      this.on('ended', gone);
    });
  }
}

/** Resolves with the port, or with 0 (any) if it is in use. */
export async function portOrAny(port) {
  const server = net.createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    return port;
  } catch {
    return 0;
  }
}
