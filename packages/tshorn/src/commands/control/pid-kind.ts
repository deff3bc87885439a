import { type Kind, readValue, WrongValue } from '@tshorn/config';

export const pid: Kind<number> = {
  meta: 'PID',
  input: 'number',
  expected: 'the pid of a master',
  parse(input) {
    if (/^[1-9]\d{0,9}$/.test(String(input).trim())) return Number(input);
    throw new WrongValue();
  },
  format: String,
  schema: { type: 'integer' },
};

/** @throws TshornError ERR_OPTION */
export const readPid = (text: string, where: string): number => readValue(pid, text.slice(0, 40), where);
