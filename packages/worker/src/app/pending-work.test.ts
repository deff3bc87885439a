import { continueAtExit, watchPendingWork } from './pending-work.ts';

const channel = () => {
  let held = true;
  return {
    ref: () => {
      held = true;
    },
    unref: () => {
      held = false;
    },
    get held() {
      return held;
    },
  };
};

test('the channel keeps the process alive, except while somebody waits for the end of the work', async () => {
  const ipc = channel();
  const pending = watchPendingWork(ipc);
  expect([ipc.held, continueAtExit()]).toEqual([true, false]);
  const over = pending.over();
  expect(ipc.held).toBe(false);
  expect(continueAtExit()).toBe(true);
  expect(ipc.held).toBe(true);
  await over;
  pending.end();
  expect(continueAtExit()).toBe(false);
});

test('of two who wait the last one is first, and the other has a moment of its own', async () => {
  const ipc = channel();
  const pending = watchPendingWork(ipc);
  const order: string[] = [];
  const first = pending.over().then(() => order.push('first'));
  const last = pending.over().then(() => order.push('last'));
  continueAtExit();
  await last;
  await new Promise(setImmediate);
  expect([order, ipc.held]).toEqual([['last'], false]);
  continueAtExit();
  await first;
  pending.end();
  expect(ipc.held).toBe(true);
});

test('a limit ends the wait for work that goes on', async () => {
  const ipc = channel();
  const pending = watchPendingWork(ipc);
  const alive = setInterval(() => {}, 1_000);
  await pending.over(1);
  clearInterval(alive);
  pending.end();
});
