import { findNode, findTshorn } from './stable-path.ts';
import { machineWith } from './testing/machine.ts';

const NVM = '/home/ann/.nvm/versions/node/v24.11.0/bin/node';
const FNM = '/home/ann/.local/share/fnm/node-versions/v24.11.0/installation/bin/node';
const MISE = '/home/ann/.local/share/mise/installs/node/24.11.0/bin/node';
const VOLTA = '/home/ann/.volta/tools/image/node/24.11.0/bin/node';
const ASDF = '/home/ann/.asdf/installs/nodejs/24.11.0/bin/node';
const BREW = '/home/linuxbrew/.linuxbrew/Cellar/node/24.11.0/bin/node';

describe('Node is named by a path that survives its updates', () => {
  it.each([
    ['of the system', '/usr/bin/node', {}, '/usr/bin/node'],
    [
      'of nvm with its link',
      NVM,
      { '/home/ann/.nvm/current': 'versions/node/v24.11.0' },
      '/home/ann/.nvm/current/bin/node',
    ],
    [
      'of fnm',
      FNM,
      { '/home/ann/.local/share/fnm/aliases/default': '../node-versions/v24.11.0/installation' },
      '/home/ann/.local/share/fnm/aliases/default/bin/node',
    ],
    [
      'of mise, by its major version',
      MISE,
      {
        '/home/ann/.local/share/mise/installs/node/latest': '24.11.0',
        '/home/ann/.local/share/mise/installs/node/24': '24.11.0',
        '/home/ann/.local/share/mise/installs/node/24.11': '24.11.0',
      },
      '/home/ann/.local/share/mise/installs/node/24/bin/node',
    ],
    [
      'of a tarball with a link beside it',
      '/opt/node-v24.11.0-linux-x64/bin/node',
      { '/opt/node': 'node-v24.11.0-linux-x64' },
      '/opt/node/bin/node',
    ],
    [
      'of a tarball with a link in PATH',
      '/opt/node-v24.11.0-linux-x64/bin/node',
      { '/usr/local/bin/node': '/opt/node-v24.11.0-linux-x64/bin/node' },
      '/usr/local/bin/node',
    ],
    [
      'of Homebrew',
      BREW,
      { '/home/linuxbrew/.linuxbrew/opt/node': '../Cellar/node/24.11.0' },
      '/home/linuxbrew/.linuxbrew/opt/node/bin/node',
    ],
    [
      'of a snap',
      '/snap/node/9000/bin/node',
      { '/snap/node/current': '9000' },
      '/snap/node/current/bin/node',
    ],
  ])('%s', (_, execPath, links: Record<string, string>, path) => {
    const env = {
      PATH: '/run/user/1000/fnm_multishells/7_1/bin:/usr/local/bin:/usr/bin:/home/linuxbrew/.linuxbrew/opt/node/bin',
    };
    expect(findNode(machineWith({ execPath, env, files: { [execPath]: true, ...links } }))).toEqual({ path });
  });

  it('a shim counts where it becomes Node, and not where it stays as the parent', () => {
    const files = { [ASDF]: true, '/home/ann/.asdf/shims/node': true } as const;
    const becomesNode = () => true;
    expect(findNode(machineWith({ execPath: ASDF, files, becomesNode }))).toEqual({
      path: '/home/ann/.asdf/shims/node',
    });
    expect(findNode(machineWith({ execPath: ASDF, files })).path).toBe(ASDF);
  });

  it.each([
    ['nvm', NVM, 'NVM_SYMLINK_CURRENT'],
    ['fnm', FNM, 'fnm default'],
    ['Volta', VOLTA, 'for the whole system'],
    ['mise', MISE, 'mise install'],
    ['asdf', ASDF, 'asdf reshim'],
  ])('of %s without a lasting path: the warning has the alternative', (manager, execPath, remedy) => {
    const found = findNode(machineWith({ execPath, files: { [execPath]: true } }));
    expect(found.path).toBe(execPath);
    expect(found.warning).toContain(`an update by ${manager}`);
    expect(found.warning).toContain(remedy);
  });

  it('another Node of that name in PATH is not taken', () => {
    expect(findNode(machineWith({ execPath: NVM, files: { [NVM]: true } })).path).toBe(NVM);
  });
});

describe('tshorn is named by a path that survives its updates', () => {
  const REAL = '/srv/shop/node_modules/tshorn/dist/cli.js';

  it.each([
    ['in the project', '/srv/shop', '/srv/shop'],
    ['in a directory above', '/srv/shop/packages/web', '/srv/shop'],
  ])('%s', (_, cwd, root) => {
    const files = {
      [REAL]: true,
      '/srv/shop/node_modules/.bin/tshorn': '../tshorn/dist/cli.js',
      '/srv/shop/packages/web/app.js': true,
    } as const;
    expect(findTshorn(machineWith({ cwd, program: REAL, files }))).toEqual({
      path: `${root}/node_modules/.bin/tshorn`,
    });
  });

  it('in a release, through the link that names the current one', () => {
    const files = {
      '/srv/shop/releases/20261128.1/node_modules/tshorn/dist/cli.js': true,
      '/srv/shop/releases/20261128.1/node_modules/.bin/tshorn': '../tshorn/dist/cli.js',
      '/srv/shop/current': 'releases/20261128.1',
    } as const;
    const program = '/srv/shop/releases/20261128.1/node_modules/.bin/tshorn';
    expect(findTshorn(machineWith({ cwd: '/srv/shop/current', program, files }))).toEqual({
      path: '/srv/shop/current/node_modules/.bin/tshorn',
    });
  });

  it('for the whole system', () => {
    const files = {
      '/usr/local/lib/node_modules/tshorn/dist/cli.js': true,
      '/usr/local/bin/tshorn': '../lib/node_modules/tshorn/dist/cli.js',
    } as const;
    expect(findTshorn(machineWith({ files }))).toEqual({ path: '/usr/local/bin/tshorn' });
  });

  it('globally under nvm, with a warning; under its link, without', () => {
    const bin = '/home/ann/.nvm/versions/node/v24.11.0/bin/tshorn';
    const own = '/home/ann/.nvm/versions/node/v24.11.0/lib/node_modules/tshorn/dist/cli.js';
    const files = { [own]: true, [bin]: '../lib/node_modules/tshorn/dist/cli.js' } as const;
    expect(findTshorn(machineWith({ program: bin, files }))).toMatchObject({
      path: bin,
      warning: expect.stringContaining('will not last'),
    });
    const linked = { ...files, '/home/ann/.nvm/current': 'versions/node/v24.11.0' };
    expect(findTshorn(machineWith({ program: bin, files: linked })).warning).toBeUndefined();
  });

  it('in the cache of npx, with a warning', () => {
    const program = '/home/ann/.npm/_npx/0123/node_modules/tshorn/dist/cli.js';
    expect(findTshorn(machineWith({ program, files: { [program]: true } })).warning).toContain(
      'npm install tshorn',
    );
  });

  it('installed below /tmp, with a warning that does not speak of npx', () => {
    const program = '/tmp/shop/node_modules/tshorn/dist/cli.js';
    const { warning } = findTshorn(machineWith({ cwd: '/tmp/shop', program, files: { [program]: true } }));
    expect(warning).toContain('install the app with its tshorn in a lasting one');
    expect(warning).not.toContain('npx');
  });
});
