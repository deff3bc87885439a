import type { Run } from './asking.ts';
import { ask } from './client.ts';

/** `tshorn scale N`: resolves with 0 when the number is reached. @throws TshornError ERR_STATE (1) when it is not */
export const scale: Run = async (socket, line) => {
  const body = { ...line.scale, by: 'tshorn scale' };
  const path = line.wait ? '/scale' : '/scale?wait=0';
  const answer = (await ask(socket, path, body, { patient: true })) as { from: number; to: number };
  const reached = answer.from === answer.to ? `${answer.to} already` : `${answer.from} -> ${answer.to}`;
  const text = line.wait ? `workers: ${reached}` : `requested ${answer.to} workers`;
  process.stdout.write(`${line.json ? JSON.stringify(answer) : text}\n`);
  return 0;
};
