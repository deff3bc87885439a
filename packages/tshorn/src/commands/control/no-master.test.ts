import { noMaster, type Processes } from './no-master.ts';

const processes: Processes = {
  state: (pid) => (pid === 1 ? 'foreign' : pid === 9 ? 'none' : 'own'),
  parent: (pid) => (pid === 21 ? 20 : 1),
  line: (pid) => (pid === 30 ? 'node app.js' : undefined),
};

it.each([
  [9, 'no process has the pid 9'],
  [21, '21 is a worker of the master 20'],
  [1, 'process 1 belongs to another user'],
  [30, 'process 30 (node app.js) is no master with a control socket in /run/x'],
  [31, 'process 31 is no master with a control socket in /run/x'],
])('says what the process %d is', (pid, message) => {
  const error = noMaster(pid, (other) => other === 20, '/run/x', processes);
  expect(error).toMatchObject({ code: 'ERR_CONTROL', message });
});

it('names the process itself', () => {
  expect(noMaster(process.pid, () => false, '/run/x').message).toContain(`process ${process.pid}`);
});
