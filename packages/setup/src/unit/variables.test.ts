import { variablesRead } from './variables.ts';

it.each([
  ['new Pool({ connectionString: process.env.DATABASE_URL })', ['DATABASE_URL']],
  [`process.env['API_KEY']; process.env["B_KEY"]; process.env?.C_KEY`, ['API_KEY', 'B_KEY', 'C_KEY']],
  ["if (!process.env.DB) throw new Error('DB')", ['DB']],
  ['const { A, B: b, C = 1,\n D } = process.env;', ['A', 'B', 'D']],
  ["process.env.A ?? 'x'; process.env.B || 1; process.env.C === '1'; process.env.D ? 1 : 2", []],
  ['process.env.A = 1; process.env.B ??= 2', []],
  ["connect(process.env.A ?? 'x'); log(process.env.A)", []],
  ['// process.env.A\n/* process.env.B */', []],
  ['process.env.NODE_ENV; process.env.PORT; process.env.HOME; process.env.TSHORN_LOG', []],
  ['process.env', []],
])('%s', (text, names) => expect(variablesRead(text)).toEqual(names));
