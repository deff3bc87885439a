import { setImmediate as turn } from 'node:timers/promises';
import { warmUp } from './warm-up.ts';

const OK = { code: 200, status: '200 OK' };
const settings = { paths: ['/a', '/b'], requests: 5, timeout: 1_000 };

describe('warmUp', () => {
  it('asks the paths in turn, a few at a time', async () => {
    const asked: string[] = [];
    let open = 0;
    let most = 0;
    const report = await warmUp({ ...settings, requests: 21 }, async ({ path }) => {
      asked.push(path);
      most = Math.max(most, ++open);
      await turn();
      open -= 1;
      return OK;
    });
    expect(asked.slice(0, 4)).toEqual(['/a', '/b', '/a', '/b']);
    expect(asked).toHaveLength(21);
    expect([most, report.answered, report.failures]).toEqual([4, 21, []]);
  });

  it('tells each path that fails once, and goes on', async () => {
    const report = await warmUp(settings, async ({ path }) => {
      if (path === '/a') throw new Error('broken pipe');
      return { code: 503, status: '503 Service Unavailable' };
    });
    expect(report.failures).toEqual(['/a: Error: broken pipe', '/b: answered 503 Service Unavailable']);
    expect(report.answered).toBe(2);
  });

  it('stops at its time', async () => {
    let asked = 0;
    const slow = async ({ timeout }: { timeout: number }) => {
      asked += 1;
      await new Promise((resolve) => setTimeout(resolve, timeout));
      throw new Error('late');
    };
    const report = await warmUp({ ...settings, requests: 1_000, timeout: 30 }, slow);
    expect([asked, report.answered]).toEqual([4, 0]);
    expect(report.failures).toContain('/a: no answer within --warm-up-timeout 0.03 s');
  });
});
