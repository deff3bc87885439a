import { plain } from '../style.ts';
import { type MasterLine, mastersText } from './masters-view.ts';

const worker = (state: string) => ({ slot: 0, generation: 1, pid: 1, state, uptimeMs: 1, connections: 0 });
const API = {
  pid: 4711,
  state: 'running',
  size: 2,
  listeners: ['127.0.0.1:8000', 'unix:/run/api.sock'],
  app: '/srv/api/app.js',
  workers: [worker('ready'), worker('booting')],
} as unknown as MasterLine;
const HUNG: MasterLine = { pid: 912, control: '/run/user/1000/tshorn/912.sock', state: 'no answer' };
const SERVICE: MasterLine = { control: '/run/tshorn/shop/control.sock', state: 'no answer' };

it('has a line for each master, by pid, also for one that does not answer', () => {
  expect(mastersText([API, HUNG, SERVICE], { paint: plain, width: undefined })).toBe(
    ` PID  STATE      WORKERS  LISTENING                          APP
   -  no answer        -  -                                  control socket /run/tshorn/shop/control.sock
 912  no answer        -  -                                  control socket /run/user/1000/tshorn/912.sock
4711  running     1 of 2  127.0.0.1:8000 unix:/run/api.sock  /srv/api/app.js

tshorn status PID shows one of them`,
  );
});

it('a path that does not fit the terminal keeps its end, on one line', () => {
  const app = '/srv/shop/releases/v1.4.0/app.js';
  const text = mastersText([{ ...API, app } as MasterLine], { paint: plain, width: 80 });
  const lines = text.split('\n');
  expect(lines[1]).toMatch(/ unix:\/run\/api\.sock {2}….*v1\.4\.0\/app\.js$/);
  expect(lines[2]).toBe('');
});
