import { type Kind, WrongValue } from '@tshorn/config';

export const pid: Kind<number> = {
  meta: 'PID',
  input: 'number',
  expected: 'the pid of a master',
  parse(input) {
    const read = pidOf(String(input));
    if (read === undefined) throw new WrongValue();
    return read;
  },
  format: String,
  schema: { type: 'integer' },
};

/** Undefined for a text that is no pid. */
export const pidOf = (text: string): number | undefined =>
  /^[1-9]\d{0,9}$/.test(text.trim()) ? Number(text) : undefined;
