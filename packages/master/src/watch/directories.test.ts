import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Directories } from './directories.ts';

let root: string;
let directories: Directories;
let polled: string[];
let heard: string[];
let wake = () => {};

beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'tshorn-')));
  heard = [];
  polled = [];
  directories = new Directories({
    onChange: (directory, name) => {
      heard.push(path.join(path.relative(root, directory), name ?? '*'));
      wake();
    },
    onPolled: (directory, code) => polled.push(`${path.relative(root, directory)} ${code}`),
  });
});
afterEach(() => {
  directories.close();
  fs.rmSync(root, { recursive: true, force: true });
  jest.restoreAllMocks();
});

const hears = (what: string) =>
  new Promise<void>((resolve) => {
    wake = () => heard.includes(what) && resolve();
    wake();
  });
const at = (name: string) => path.join(root, name);
const make = (name: string) => fs.mkdirSync(at(name), { recursive: true });

it('a file that is written, and one that takes the name of another, are heard of', async () => {
  make('src');
  directories.add(at('src'), root);
  fs.writeFileSync(at('src/a.js'), '');
  await hears('src/a.js');
  fs.writeFileSync(at('b.js'), '');
  fs.renameSync(at('b.js'), at('src/b.js'));
  await hears('src/b.js');
});

it('a directory that is not there is waited for, and then watched', async () => {
  directories.add(at('later/still'), root);
  make('later/still');
  await hears('later/still/*');
  fs.writeFileSync(at('later/still/a.js'), '');
  await hears('later/still/a.js');
});

it('a directory whose parent is replaced is watched again', async () => {
  make('one/src');
  make('two/src');
  directories.add(at('one/src'), root);
  fs.renameSync(at('one'), at('old'));
  await hears('one/src/*');
  fs.renameSync(at('two'), at('one'));
  heard.length = 0;
  await hears('one/src/*');
  fs.writeFileSync(at('one/src/a.js'), '');
  await hears('one/src/a.js');
});

it('where the system watches no more directories, they are looked at now and then', async () => {
  make('src');
  jest.spyOn(fs, 'watch').mockImplementation(() => {
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  });
  directories.add(at('src'), root);
  expect(polled).toEqual(['src ENOSPC', ' ENOSPC']);
  await hears('src/*');
});

it('directories that nobody needs any more are watched no more', () => {
  const closed: string[] = [];
  jest.spyOn(fs, 'watch').mockImplementation(((name: string) => ({
    on: () => {},
    close: () => closed.push(path.relative(root, name)),
  })) as never);
  make('a/b');
  make('c');
  directories.add(at('a/b'), root);
  directories.add(at('c'), root);
  directories.keepOnly([at('a/b')], root);
  expect(closed).toEqual(['c']);
});

it('a server whose working directory is the root of the file system watches it too', () => {
  const targets: string[] = [];
  jest.spyOn(fs, 'watch').mockImplementation(((name: string) => {
    targets.push(name);
    return { on: () => {}, close: () => {} };
  }) as never);
  directories.add(path.dirname(root), '/');
  const above = [path.dirname(root)];
  for (let at = above[0]; at !== '/'; above.push(at)) at = path.dirname(at as string);
  expect(targets).toEqual(above);
});

it('a path that the system refuses to look at is taken for one that is not there', () => {
  const refused = at('x'.repeat(300));
  expect(() => directories.add(refused, root)).not.toThrow();
});

it('a directory that comes while the one above it begins to be watched is not missed', async () => {
  const { watch } = fs;
  jest.spyOn(fs, 'watch').mockImplementationOnce(((...args: Parameters<typeof watch>) => {
    make('later/still');
    return watch(...args);
  }) as never);
  directories.add(at('later/still'), root);
  fs.writeFileSync(at('later/still/a.js'), '');
  await hears('later/still/a.js');
});
