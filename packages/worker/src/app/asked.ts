/** The arguments of a `listen()`. */
import type { Address } from '@tshorn/core';

interface ListenOptions {
  host?: unknown;
  port?: unknown;
  path?: unknown;
  signal?: unknown;
}

/** `listen(options)`, `listen(port, host)` or `listen(path)`, as one shape. */
export function optionsOf([first, second]: readonly unknown[]): ListenOptions {
  if (typeof first === 'object' && first !== null) return first;
  if (typeof first === 'string' && !/^\d+$/.test(first)) return { path: first };
  return { port: first, host: second };
}

/** The port or path. */
export function askedOf(args: readonly unknown[]): string {
  const { port, path } = optionsOf(args);
  return String(path ?? port ?? 0);
}

export function askedAddress({ host, port, path }: ListenOptions): Address {
  if (path !== undefined) return { kind: 'unix', path: String(path) };
  return { kind: 'tcp', host: typeof host === 'string' ? host : '::', port: Number(port) || 0 };
}

/** Names the port or path for people; with its host where another server has asked for the same port. */
export function askedWords(args: readonly unknown[], other?: readonly unknown[]): string {
  const asked = askedOf(args);
  if (!/^\d+$/.test(asked)) return asked;
  if (!other || askedOf(other) !== asked) return `port ${asked}`;
  const { host } = optionsOf(args);
  return `port ${asked} of ${typeof host === 'string' ? `host ${host}` : 'every host'}`;
}
