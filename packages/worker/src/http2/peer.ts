import type { Connection } from './parts.ts';
import type { Stream } from './stream.ts';

/** The session, as what comes changes it. */
export interface Peer extends Connection {
  readonly streams: Map<number, Stream>;
  readonly mostList: number;
  readonly encoder: { setMaxSize(size: number): void };
  readonly lastStream: number;
  sendWindow: number;
  initialWindow: number;
  mostPayload: number;
  acknowledge(type: number, payload: Uint8Array): void;
  pong(high: number, low: number): void;
  /** A window has opened. */
  mayGoOn(): void;
  leave(): void;
}
