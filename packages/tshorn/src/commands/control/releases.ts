import type { Environment } from '@tshorn/config';
import type { ReleaseStatus } from '@tshorn/master';
import type { Candidate } from '../command.ts';
import { paintFor, print } from '../style.ts';
import { chooseMaster } from './choose.ts';
import { ask } from './client.ts';
import { findMasters, type Which } from './find.ts';
import { releasesText, wordFor } from './releases-view.ts';

/** `tshorn releases`: resolves with 0. */
export async function releases({ json, ...which }: Which & { readonly json: boolean }): Promise<number> {
  const list = await listOf(await chooseMaster({ json, ...which }));
  const { stdout } = process;
  const around = { paint: paintFor(stdout, process.env), width: stdout.columns, now: Date.now() };
  print(json ? JSON.stringify(list, null, 2) : releasesText(list, around));
  return 0;
}

/** The newest first. */
export const listOf = async (socket: string): Promise<readonly ReleaseStatus[]> =>
  ((await ask(socket, '/releases')) as { releases: readonly ReleaseStatus[] }).releases;

/** The releases that a rollback can bring, where this user runs one master. */
export async function releaseNames(env: Environment): Promise<Candidate[]> {
  const [socket, ...others] = await findMasters({}, env);
  if (others.length > 0) return [];
  const list = await listOf(socket);
  return list
    .filter(({ state }) => state === 'previous' || state === 'kept')
    .map((entry) => {
      const { generation, release, state } = entry;
      const value = wordFor(entry, list);
      const more =
        value === release ? `, generation ${generation}` : release === undefined ? '' : `, ${release}`;
      return { value, text: state + more };
    });
}
