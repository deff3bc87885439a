import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Release } from '../release.ts';
import { WatchMode } from './watch-mode.ts';

let cwd: string;
let watch: WatchMode;
let changes: string[];
let blind = 0;
let wake = () => {};

const at = (name: string) => path.join(cwd, name);
const write = (name: string, text: string) => fs.writeFileSync(at(name), text);

const release = ({ watchPath = [] as string[], watchIgnore = [] as string[] } = {}) =>
  ({
    cwd,
    appFile: at('app.js'),
    config: { app: 'app.js', cwd, envFile: [], watchPath: watchPath.map(at), watchIgnore },
    resolved: { file: undefined },
  }) as unknown as Release;

/** The next change that watch mode tells. */
const next = (count = 1) =>
  new Promise<string>((resolve) => {
    wake = () => changes.length >= count && resolve(changes[count - 1] as string);
    wake();
  });

beforeEach(() => {
  cwd = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'tshorn-')));
  for (const name of ['app.js', 'a.js', 'b.js', 'package.json']) {
    write(name, '1');
    fs.utimesSync(at(name), 1, 1);
  }
  changes = [];
  watch = new WatchMode('/tshorn/dist/', {
    onChange: (because) => {
      changes.push(because);
      wake();
    },
    onEndless: () => {},
    onBlind: () => blind++,
    onPolled: () => {},
  });
});
afterEach(() => {
  watch.close();
  jest.restoreAllMocks();
  fs.rmSync(cwd, { recursive: true, force: true });
});

test('files that no generation loads any more are of no interest', async () => {
  watch.expect(1, release());
  watch.loaded(1, [at('a.js'), at('b.js')]);
  watch.expect(2, release());
  watch.loaded(2, [at('b.js')]);
  watch.committed(2);
  write('a.js', '2');
  write('b.js', '2');
  expect(await next()).toBe('changed b.js');
});

test('an installation of packages is a change, of the same ones too, and its beginning is none', async () => {
  watch.expect(1, release());
  watch.loaded(1, [at('b.js')]);
  const install = () => {
    fs.mkdirSync(at('node_modules/is-odd'), { recursive: true });
    write('node_modules/.package-lock.json', '{}');
  };
  install();
  expect(await next()).toBe('changed node_modules/.package-lock.json');
  install();
  expect(await next(2)).toBe('changed node_modules/.package-lock.json');
  fs.rmSync(at('node_modules'), { recursive: true });
  fs.rmSync(at('b.js'));
  expect(await next(3)).toBe('changed b.js');
  install();
  expect(await next(4)).toBe('changed node_modules/.package-lock.json');
});

test('after a commit that fails, the files of both generations count', async () => {
  watch.expect(1, release());
  watch.loaded(1, [at('a.js')]);
  watch.committed(1);
  watch.expect(2, release());
  watch.broken(2, `${at('b.js')}:2\nlet x = ;`);
  write('a.js', '2');
  expect(await next()).toBe('changed a.js');
  write('b.js', '2');
  expect(await next(2)).toBe('changed b.js');
});

test('a file that is saved while its worker boots is loaded again: nobody knows what the worker has read', async () => {
  watch.expect(1, release());
  fs.utimesSync(at('a.js'), new Date(), new Date(Date.now() + 1_000));
  watch.loaded(1, [at('a.js')]);
  expect(await next()).toBe('changed a.js');
});

test('a file that is saved while its worker waits for a debugger is read after that', async () => {
  const now = Date.now();
  jest.spyOn(Date, 'now').mockReturnValueOnce(now - 10_000);
  watch.expect(1, release());
  watch.waits();
  fs.utimesSync(at('a.js'), new Date(), new Date(now - 5_000));
  watch.loaded(1, [at('a.js'), at('b.js')]);
  write('b.js', '2');
  expect(await next()).toBe('changed b.js');
});

test('files that the app writes, loads and removes at each start cause no reload', async () => {
  watch.expect(1, release());
  write('config.timestamp-1.mjs', '');
  fs.utimesSync(at('config.timestamp-1.mjs'), new Date(), new Date(Date.now() + 1_000));
  watch.loaded(1, [at('config.timestamp-1.mjs'), at('a.js')]);
  fs.rmSync(at('config.timestamp-1.mjs'));
  write('a.js', '2');
  expect(await next()).toBe('changed a.js');
});

test('files with a new name that the app writes at each start are taken for saves once, and not again and again', async () => {
  for (let generation = 1; generation <= 3; generation++) {
    watch.expect(generation, release());
    const file = at(`bundle.${generation}.mjs`);
    write(`bundle.${generation}.mjs`, '');
    fs.utimesSync(file, new Date(), new Date(Date.now() + 1_000));
    watch.loaded(generation, [file, at('a.js')]);
    if (generation === 1) expect(await next()).toBe('changed bundle.1.mjs');
  }
  write('a.js', '2');
  expect(await next(2)).toMatch(/^changed a\.js/);
});

test('a Node that reports nothing is told, once', () => {
  blind = 0;
  watch.expect(1, release());
  watch.loaded(1, ['/tshorn/dist/worker.js']);
  watch.serves();
  watch.serves();
  expect(blind).toBe(1);
});

test('a Node that reports the app is not', () => {
  blind = 0;
  watch.expect(1, release());
  watch.loaded(1, [at('app.js')]);
  watch.serves();
  expect(blind).toBe(0);
});

test('--watch-ignore leaves out files of the app too', async () => {
  watch.expect(1, release({ watchIgnore: ['b.js'] }));
  watch.loaded(1, [at('a.js'), at('b.js')]);
  write('b.js', '2');
  write('a.js', '2');
  expect(await next()).toBe('changed a.js');
});

test('a reload may change the patterns', async () => {
  fs.mkdirSync(at('one'));
  fs.mkdirSync(at('two'));
  watch.expect(1, release({ watchPath: ['one'] }));
  watch.expect(2, release({ watchPath: ['two'] }));
  watch.committed(2);
  write('one/x', '');
  write('two/x', '');
  expect(await next()).toBe('changed two/x');
});

test('a directory of --watch-path that appears later is watched, with what is put into it', async () => {
  watch.expect(1, release({ watchPath: ['views'] }));
  fs.mkdirSync(at('views'));
  expect(await next()).toBe('changed views');
  write('views/x.html', '1');
  expect(await next(2)).toBe('changed views/x.html');
});

test('a file that comes while its new directory begins to be watched is not missed', async () => {
  watch.expect(1, release({ watchPath: ['**/*.html'] }));
  const original = fs.watch;
  jest.spyOn(fs, 'watch').mockImplementation(((...args: Parameters<typeof original>) => {
    if (args[0] === at('views')) write('views/x.html', '1');
    return original(...args);
  }) as never);
  fs.mkdirSync(at('views'));
  expect(await next()).toBe('changed views/x.html');
});

test('a file that no pattern names is not watched as if it were a directory', async () => {
  watch.expect(1, release({ watchPath: ['**/*.html'] }));
  const watched = jest.spyOn(fs, 'watch');
  write('notes.txt', '1');
  write('x.html', '1');
  expect(await next()).toBe('changed x.html');
  expect(watched).not.toHaveBeenCalled();
});

test('a worker that still loads files watches nothing any more after the end', () => {
  watch.expect(1, release());
  watch.close();
  const watched = jest.spyOn(fs, 'watch');
  fs.mkdirSync(at('late'));
  write('late/c.js', '1');
  watch.loaded(1, [at('late/c.js')]);
  expect(watched).not.toHaveBeenCalled();
});

test('a worker may report any path: one that the system refuses harms nothing', async () => {
  watch.expect(1, release());
  const name = 'x'.repeat(300);
  watch.loaded(1, [at(`${name}.js`), at(`${name}/b.js`), at('a.js')]);
  write('a.js', '2');
  expect(await next()).toBe('changed a.js');
});

test('where the system watches nothing, a save does not wait for a moment without a look at some directory', () => {
  jest.useFakeTimers();
  jest.spyOn(fs, 'watch').mockImplementation(() => {
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  });
  watch.expect(1, release());
  for (const directory of ['one', 'two']) {
    fs.mkdirSync(at(directory));
    const names = Array.from({ length: 24 }, (_, n) => `${directory}/${n}.js`);
    for (const name of names) {
      write(name, '1');
      fs.utimesSync(at(name), 1, 1);
    }
    watch.loaded(1, names.map(at));
    // Half of the time between two looks.
    jest.advanceTimersByTime(250);
  }
  write('one/0.js', '2');
  jest.advanceTimersByTime(1_000);
  jest.useRealTimers();
  expect(changes).toEqual(['changed one/0.js']);
});
