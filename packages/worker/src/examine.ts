/** Asks the app and its server what `tshorn doctor` wants to know. Loaded for that command alone. */
import type http from 'node:http';
import type { WorkerOptions } from '@tshorn/config';
import type { Examination } from '@tshorn/core';
import type { Answer } from './transport/ask-in-process.ts';
import type { Transport } from './transport/transport.ts';

/** The questions are asked at once, and the command waits no longer for the app. */
const ANSWER_MS = 500;
const USER_AGENT = 'tshorn-doctor';
/** Node's server takes Infinity, and the channel does not. */
const LONGEST_MS = 1e9;

type Asked = Pick<Transport, 'ask' | 'answersRequests' | 'immovable'> & { readonly server: object };
type Settings = Pick<WorkerOptions, 'statusPath' | 'statusHeader'>;

/** @param transport of an app that is loaded; the options of tshorn are applied to its server */
export async function examine(transport: Asked, settings: Settings): Promise<Examination> {
  const server = transport.server as http.Server;
  const { statusPath, statusHeader: headers } = settings;
  const unknown = `/tshorn-doctor-${Math.random().toString(36).slice(2, 10)}`;
  const paths = transport.answersRequests() ? [...new Set([unknown, '/', statusPath])].filter(Boolean) : [];
  const question = { userAgent: USER_AGENT, headers, keepAlive: true, timeout: ANSWER_MS };
  const asked = await Promise.all(
    paths.map(async (path) => {
      const answer = await transport.ask({ ...question, path }).catch(() => undefined);
      return answer ? [{ path, answer }] : [];
    }),
  );
  const answers = asked.flat();
  const of = (wanted: string) => answers.find(({ path }) => path === wanted);
  return {
    keepAliveTimeout: limit(server.keepAliveTimeout),
    headersTimeout: limit(server.headersTimeout),
    requestTimeout: limit(server.requestTimeout),
    maxRequestsPerSocket: Math.max(0, Math.floor(limit(server.maxRequestsPerSocket ?? 0))),
    immovable: transport.immovable(),
    answers: answers.map(({ path, answer }) => ({
      path,
      status: answer.code,
      closes: answer.headers?.connection?.toLowerCase() === 'close',
    })),
    statusIsAnyPath: isSame(of(statusPath), of(unknown)),
  };
}

const limit = (ms: number): number => (ms >= 0 ? Math.min(ms, LONGEST_MS) : 0);

interface Asking {
  readonly path: string;
  readonly answer: Answer;
}

/** An answer may repeat the path that it was asked for. */
function isSame(one: Asking | undefined, other: Asking | undefined): boolean {
  if (!one || !other) return false;
  const bodyOf = ({ path, answer }: Asking) => (answer.body ?? '').replaceAll(path, '');
  const kindOf = ({ answer }: Asking) => answer.headers?.['content-type'];
  const sameHead = one.answer.code === other.answer.code && kindOf(one) === kindOf(other);
  return sameHead && bodyOf(one) === bodyOf(other);
}
