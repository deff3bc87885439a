import { print } from '../style.ts';
import { chooseMaster } from './choose.ts';
import { ask } from './client.ts';
import type { Count } from './count-kind.ts';
import type { Which } from './find.ts';

export interface ScaleValues extends Which {
  readonly count: Count;
  readonly json: boolean;
  readonly noWait: boolean;
}

interface Answer {
  readonly from: number;
  readonly to: number;
  /** Where the number follows the load from now on. */
  readonly range?: string;
}

/** `tshorn scale N|MIN..MAX|auto`: resolves with 0 when the number is reached. @throws TshornError ERR_STATE (1) when it is not */
export async function scale({ count, json, noWait, ...which }: ScaleValues): Promise<number> {
  const socket = await chooseMaster({ json, ...which });
  const path = noWait ? '/scale?wait=0' : '/scale';
  const body = { ...count, by: 'tshorn scale' };
  const answer = (await ask(socket, path, body, { patient: true })) as Answer;
  const reached = answer.from === answer.to ? `${answer.to} already` : `${answer.from} -> ${answer.to}`;
  const follows = answer.range === undefined ? '' : `, following the load in ${answer.range}`;
  const text = (noWait ? `requested ${answer.to} workers` : `workers: ${reached}`) + follows;
  print(json ? JSON.stringify(answer) : text);
  return 0;
}
