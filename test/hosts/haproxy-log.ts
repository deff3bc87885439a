/** Reads `option httplog` of HAProxy: which requests failed, on which server, and how. */

export interface Failed {
  /** Number of the request. */
  readonly n: number;
  readonly server: string;
  readonly status: number;
  /** The first two letters tell who ended it, and in which phase: `SH` the server, before its headers. */
  readonly termination: string;
  readonly isWebSocket: boolean;
}

const LINE = / app\/(\S+) \S+ (-?\d+) \d+ - - (\S{4}) .* "[A-Z]+ \/\?n=(\d+)[^"]*"/;

/**
 * A request that was tried again with success has `--`, as one without any trouble. `C` is a client that leaves: a
 * WebSocket of this test never does.
 */
export function failedAt(log: string): Failed[] {
  return log.split('\n').flatMap((line) => {
    const [, server = '', status, termination = '', n] = LINE.exec(line) ?? [];
    if (server === '' || (termination.startsWith('--') && Number(status) < 500)) return [];
    const isWebSocket = status === '101';
    return [
      { n: Number(n), server, status: Number(status), termination: termination.slice(0, 2), isWebSocket },
    ];
  });
}
