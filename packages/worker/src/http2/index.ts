/** The plug of the front: loaded only with `--http2`. */
import type http from 'node:http';
import { TshornError } from '@tshorn/core';
import type { Transport } from '../transport/transport.ts';
import { canAnswer } from './response.ts';
import { Sessions } from './sessions.ts';

/** @throws TshornError where this Node's responses are not known */
export function openHttp2(transport: Transport): Sessions {
  if (!canAnswer()) {
    throw new TshornError(
      'ERR_PLATFORM',
      `--http2: Node ${process.version} is not known to this version of tshorn`,
      {
        fix: 'leave out --http2, or use a Node that docs/http2.md names',
      },
    );
  }
  const sessions = new Sessions(transport.server as http.Server);
  transport.join(sessions);
  return sessions;
}
