import type { ReloadPlan } from '@tshorn/core';
import { paintFor, print } from '../style.ts';
import { requestOnly } from './asking.ts';
import { chooseMaster } from './choose.ts';
import { findMasters, pidIn, type Which } from './find.ts';
import { listOf } from './releases.ts';
import { previousIn } from './releases-view.ts';
import { committed, follow } from './reload.ts';

export interface RollbackValues extends Which {
  readonly release?: string | undefined;
  readonly plan?: ReloadPlan | undefined;
  readonly json: boolean;
  readonly noWait: boolean;
}

/** `tshorn rollback`: resolves with 0 when the older release serves. @throws TshornError ERR_STATE (1) when it does not */
export async function rollback({ json, noWait, plan, ...values }: RollbackValues): Promise<number> {
  const { release, ...which } = await meant(values);
  const socket = await chooseMaster({ json, ...which });
  const body = { by: 'tshorn rollback', ...(plan && { plan }), ...(release !== undefined && { release }) };
  const text = 'rollback requested; tshorn status shows its outcome';
  if (noWait) return requestOnly(socket, '/rollback', body, { json, text });
  committed(await follow(socket, '/rollback', body, { json, continues: 'the rollback continues' }), json);
  if (!json) {
    const previous = previousIn(await listOf(socket).catch(() => []));
    const hint = previous === undefined ? '' : `the next tshorn rollback brings ${previous}; `;
    print(paintFor(process.stdout, process.env)('dim', `${hint}tshorn releases lists all`));
  }
  return 0;
}

/** Where several masters run, a single number is the pid of one, as for the other commands. */
async function meant({ release, ...which }: Pick<RollbackValues, 'release' | keyof Which>) {
  if (which.pid !== undefined || release === undefined) return { release, ...which };
  const masters = await findMasters(which, process.env);
  const isPid = masters.length > 1 && masters.some((socket) => pidIn(socket) === Number(release));
  return isPid ? { ...which, release: undefined, pid: Number(release) } : { ...which, release };
}
