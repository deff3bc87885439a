import http from 'node:http';
import type { LoadedApp } from './kinds.ts';
import { chooseServer } from './which-server.ts';

const hints = { appPort: 0, envPort: undefined, boundPorts: [] as number[], exportNamed: false };
const candidate = (asked: string) => ({ server: http.createServer(), asked });
const [metrics, main] = [candidate('9464'), candidate('3000')] as const;
const exported = (isOwn?: LoadedApp['isOwn']): LoadedApp => ({
  kind: 'express',
  server: http.createServer(),
  ...(isOwn && { isOwn }),
});
const ofMain = exported((server) => server === main.server);
const ofNone = exported(() => false);
const fetchApp = exported();

test.each([
  ['the only server', [main], undefined, {}, main, true],
  ['of two, the first', [metrics, main], undefined, {}, metrics, true],
  ['of two, the one on PORT', [metrics, main], undefined, { envPort: '3000' }, main, false],
  ['of two, the one on a bound port', [metrics, main], undefined, { boundPorts: [80, 3000] }, main, false],
  [
    'of two on PORT and on a bound port, the one on PORT',
    [metrics, main],
    undefined,
    { envPort: '3000', boundPorts: [9464] },
    main,
    false,
  ],
  [
    'of two, the one on --app-port',
    [metrics, main],
    undefined,
    { appPort: 3000, envPort: '9464' },
    main,
    false,
  ],
  ['the first, where none is on PORT', [metrics, main], undefined, { envPort: '80' }, metrics, true],
  ['the server of what is exported', [metrics, main], ofMain, {}, main, false],
  ['the same, on PORT', [metrics, main], ofMain, { envPort: '3000' }, main, false],
  [
    'the server of what is exported, not the one on PORT',
    [metrics, main],
    ofMain,
    { envPort: '9464' },
    main,
    false,
  ],
  ['the one on PORT, before an export without a server', [main], ofNone, { envPort: '3000' }, main, false],
  [
    'the one on --app-port, before the exported one',
    [metrics, main],
    ofMain,
    { appPort: 9464 },
    metrics,
    false,
  ],
  ['the server that most likely calls an exported fetch', [main], fetchApp, {}, main, true],
] as const)('%s is the app', (_, candidates, found, more, expected, isGuess) => {
  const choice = chooseServer(candidates, found, { ...hints, ...more });
  expect(choice?.app.server).toBe(expected.server);
  expect(choice?.isGuess).toBe(isGuess);
});

test.each([
  ['no server', [], fetchApp, {}, true],
  ['a server of another app', [metrics], ofNone, {}, true],
  ['the same, with APP:name', [metrics], ofNone, { exportNamed: true }, false],
] as const)('beside %s, the exported app is served', (_, candidates, found, more, isGuess) => {
  expect(chooseServer(candidates, found, { ...hints, ...more })).toEqual({ app: found, isGuess });
});

test('an exported server that listens is the app as it was exported, with its own clean-up', () => {
  const fastify = { ...exported((server) => server === main.server), server: main.server };
  expect(chooseServer([metrics, main], fastify, hints)?.app).toBe(fastify);
});
