/** Finds the request in whose asynchronous context an exception was thrown. */
import { executionAsyncResource } from 'node:async_hooks';
import type http from 'node:http';
import type { Socket } from 'node:net';

/** Node's parser runs the app's listener in a context that names its connection. */
interface ParserResource {
  readonly socket?: Socket & { readonly _httpMessage?: http.ServerResponse | null };
}

export function culpritNow(): http.ServerResponse | undefined {
  const { socket } = executionAsyncResource() as ParserResource;
  return socket?._httpMessage ?? undefined;
}
