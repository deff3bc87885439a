import { Scene } from './testing/scene.ts';

test('who does not load or does not leave in time is asked why', () => {
  const scene = new Scene({ workers: 2 }).started();
  scene.exit(1, 1).happen({ type: 'worker-spawned', serial: 3, pid: 3 }).expire('boot:3');
  expect(scene.effects).toContainEqual({ do: 'kill', serial: 3, reason: 'never-came-up' });
});

describe('a start that fails counts as one, however the process ends', () => {
  const EXITS = { left: 0, 'clean-up': 0, boot: 0, crash: 0, hang: 0, killed: 0 };
  const starts = () => new Scene({ workers: 2 }).happen({ type: 'worker-spawned', serial: 1, pid: 1 });

  test.each<[string, (scene: Scene) => Scene]>([
    ['an exit of its own', (scene) => scene.exit(1, 1)],
    ['a signal', (scene) => scene.exit(1, null, 'SIGKILL')],
    [
      'an exception',
      (scene) =>
        scene
          .happen({ type: 'worker-load-failed', serial: 1, message: 'threw while it was loaded' })
          .exit(1, null, 'SIGKILL'),
    ],
    ['the boot timeout', (scene) => scene.expire('boot:1').exit(1, null, 'SIGKILL')],
    ['a hang', (scene) => scene.hang(1).exit(1, null, 'SIGKILL')],
    ['its probe', (scene) => scene.boot(1, 'broken').exit(1, null, 'SIGKILL')],
  ])('%s', (_, fail) => {
    expect(fail(starts()).state.exits).toEqual({ ...EXITS, boot: 1 });
  });

  test('one that a stop ends as it starts has not failed', () => {
    const scene = starts().happen({ type: 'stop-requested', mode: 'quick', by: 'SIGINT' });
    expect(scene.exit(1, null, 'SIGKILL').state.exits).toEqual({ ...EXITS, killed: 1 });
  });
});

describe('the probe', () => {
  const answers = '/_status answered 401 Unauthorized';
  const probing = (scene: Scene, serial: number) => {
    scene.happen({ type: 'worker-spawned', serial, pid: 1000 + serial });
    return scene.happen({ type: 'worker-loaded', serial, kind: 'handler' });
  };
  const alive = (scene: Scene) => scene.reported('booted').filter(({ level }) => level === 'info');

  test('an app that is alive at a path that nobody chose is told of once in each generation', () => {
    const scene = new Scene({ workers: 2 });
    const boot = (serial: number) => {
      const report = { verdict: 'alive', status: '401 Unauthorized', reason: answers, tookMs: 1 } as const;
      probing(scene, serial).happen({ type: 'worker-probed', serial, report });
      return scene.happen({ type: 'worker-accepting', serial });
    };
    boot(1);
    boot(2);
    expect(scene.ready()).toHaveLength(2);
    expect(alive(scene).map(({ text }) => text)).toEqual([
      `${answers}: alive, as no --status-path is set; one that is set has to answer 2xx`,
    ]);
    scene.exit(1, 1);
    boot(3);
    expect(alive(scene)).toHaveLength(1);
    scene.forget().reload().prepared();
    boot(4);
    expect(alive(scene)).toHaveLength(1);
  });

  test.each([
    [undefined, 'postWorkerInit has not settled'],
    ['/_status: no answer within 10 s', '/_status: no answer within 10 s'],
  ])('at the boot timeout a probe that is under way is named: %j', (reason, words) => {
    const scene = probing(new Scene({ workers: 1 }), 1);
    if (reason) scene.happen({ type: 'worker-probing', serial: 1, attempt: 1, reason, tookMs: 10_000 });
    scene.expire('start');
    expect(scene.reported('stopping')[0]?.text).toBe(
      `no worker became ready within --boot-timeout: ${words}`,
    );
  });

  test('of an app that loads for long it is told what is known, and that is the reason in the end', () => {
    const text = 'it exports nothing, and it has not called listen() yet; open: Timeout';
    const scene = new Scene({ workers: 1 })
      .happen({ type: 'worker-spawned', serial: 1, pid: 101 })
      .happen({ type: 'worker-loading', serial: 1, level: 'info', text });
    expect(scene.reported('loading')).toMatchObject([{ level: 'info', text }]);
    scene.expire('start');
    expect(scene.reported('stopping')[0]?.text).toBe(
      `no worker became ready within --boot-timeout: the app is still loading: ${text}`,
    );
  });

  test('an attempt that has taken long is told at once, and only the first of them', () => {
    const scene = probing(new Scene({ workers: 1 }), 1);
    for (const attempt of [0, 1, 2]) {
      const tookMs = attempt * 10_000;
      scene.happen({ type: 'worker-probing', serial: 1, attempt, reason: '/_status: no answer', tookMs });
    }
    expect(scene.reported('probing').map(({ level, text }) => `${level} ${text}`)).toEqual([
      'warn attempt 1 failed, and more follow: /_status: no answer',
      'debug attempt 2 failed, and more follow: /_status: no answer',
    ]);
  });
});

test('an exit while booting that nothing explains is told with what the app most likely did', () => {
  const exit = (words: string) =>
    new Scene({ workers: 1 })
      .happen({ type: 'worker-spawned', serial: 1, pid: 101 })
      .happen({ type: 'worker-exited', serial: 1, code: 1, signal: null, words })
      .reported('broken')[0]?.text;
  expect(exit('exit code 1')).toMatch(/booting: exit code 1: the app called process\.exit\(1\)/);
  expect(exit('exit code 1: uncaught Error: x')).toMatch(/booting: exit code 1: uncaught Error: x$/);
});
