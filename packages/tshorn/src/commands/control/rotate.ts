import type { LeaveStatus } from '@tshorn/master';
import { print } from '../style.ts';
import { chooseMaster } from './choose.ts';
import { ask } from './client.ts';
import type { Which } from './find.ts';

interface StayValues extends Which {
  readonly json: boolean;
}

interface LeaveValues extends StayValues {
  /** Milliseconds. */
  readonly wait: number | undefined;
}

interface Answer {
  readonly leave: LeaveStatus | null;
  /** False: it was so before. */
  readonly changed: boolean;
}

/** `tshorn leave`: resolves with 0, after `--wait`. @throws TshornError ERR_STATE (1) when the server is stopping */
export async function leave({ wait, ...values }: LeaveValues): Promise<number> {
  await rotate('leave', values, ({ leave: left, changed }) =>
    changed
      ? 'leaving: the server asks for no new traffic, and serves on until tshorn stay'
      : `leaving already, by ${left?.by} since ${left?.since}`,
  );
  if (wait !== undefined) await new Promise((resolve) => setTimeout(resolve, wait));
  return 0;
}

/** `tshorn stay`: resolves with 0. @throws TshornError ERR_STATE (1) when the server is stopping */
export async function stay(values: StayValues): Promise<number> {
  await rotate('stay', values, ({ changed }) =>
    changed ? 'staying: the server asks for traffic again' : 'the server was not leaving',
  );
  return 0;
}

async function rotate(
  to: 'leave' | 'stay',
  { json, ...which }: StayValues,
  say: (answer: Answer) => string,
): Promise<void> {
  const socket = await chooseMaster({ json, ...which });
  const answer = (await ask(socket, `/${to}`, { by: `tshorn ${to}` })) as Answer;
  print(json ? JSON.stringify(answer) : say(answer));
}
