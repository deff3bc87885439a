import { argvOf, settingOf, settingsOf } from './testing/parse-unit.ts';
import { Project } from './testing/units.ts';

const project = new Project();
beforeEach(() => project.make());
afterEach(() => project.remove());

describe('rights', () => {
  it('a port below 1024 needs one capability, and a socket unit none', async () => {
    const bound = await project.units(['app.js', '--bind', ':443']);
    expect(settingOf(bound.service, 'AmbientCapabilities')).toBe('CAP_NET_BIND_SERVICE');
    expect(settingOf(bound.service, 'CapabilityBoundingSet')).toBe('CAP_NET_BIND_SERVICE');
    const passed = await project.units(['app.js', '--bind', ':443'], { socket: true });
    expect(settingOf(passed.service, 'AmbientCapabilities')).toBeUndefined();
    expect(settingOf(passed.service, 'CapabilityBoundingSet')).toBe('');
  });

  it('each file that the server writes has a directory for it', async () => {
    const files = { '/data/log': true } as const;
    const stats = { '/data': { uid: 1000 } };
    const { service, warnings } = await project.units(
      [
        ...['app.js', '--log-file', '/var/log/shop/a.log', '--output-file', '/data/out.log'],
        ...['--pid-file', '/run/shop/pid', '--bind', 'unix:/run/web/app.sock'],
      ],
      {},
      { files, stats },
    );
    expect(settingOf(service, 'RuntimeDirectory')).toBe('tshorn/shop shop web');
    expect(settingOf(service, 'RuntimeDirectoryMode')).toBe('0755');
    expect(settingOf(service, 'LogsDirectory')).toBe('shop');
    expect(settingOf(service, 'CacheDirectory')).toBe('tshorn/shop');
    expect(settingOf(service, 'ReadWritePaths')).toBe('/data');
    expect(warnings).toEqual([]);
  });

  it('a directory whose name says that the app writes to it is proposed', async () => {
    const files = { [`${project.cwd}/uploads/x`]: true } as const;
    const { service } = await project.units(['app.js'], {}, { files });
    expect(service).toContain(`\n#ReadWritePaths=${project.cwd}/uploads\n`);
  });

  it('a directory that belongs to somebody else is not taken over', async () => {
    const files = { '/var/log/nginx/access.log': true } as const;
    const { service, warnings } = await project.units(
      ['app.js', '--log-file', '/var/log/nginx/app.log'],
      {},
      { files },
    );
    expect(settingOf(service, 'LogsDirectory')).toBeUndefined();
    expect(settingOf(service, 'ReadWritePaths')).toBe('/var/log/nginx');
    expect(warnings.join()).toContain('the user ann cannot write to /var/log/nginx');
  });

  it('/tmp stays shared where a file that others look for lies there', async () => {
    expect(settingOf((await project.units(['app.js'])).service, 'PrivateTmp')).toBe('yes');
    const { service } = await project.units(['app.js', '--control', '/tmp/x/control.sock']);
    expect(settingOf(service, 'PrivateTmp')).toBe('no');
    expect(settingOf(service, 'ReadWritePaths')).toBe('/tmp/x /tmp /var/tmp');
    expect(argvOf(settingOf(service, 'ExecReload') ?? '')).toContain('/tmp/x/control.sock');
  });

  it('a Node in a home directory is visible', async () => {
    const execPath = '/home/ann/.nvm/current/bin/node';
    const { service } = await project.units(['app.js'], {}, { execPath, files: { [execPath]: true } });
    expect(settingOf(service, 'ProtectHome')).toBe('read-only');
  });
});

describe('a socket unit', () => {
  it('listens on the addresses of the server, which takes what it is passed', async () => {
    const { socket, service, argv, names, next } = await project.units(
      [
        'app.js',
        '--bind',
        '127.0.0.1:8000',
        '--bind',
        '[::1]:8000',
        '--bind',
        ':9000',
        '--bind',
        'unix:/run/shop.sock',
      ],
      { socket: true },
    );
    expect(names).toEqual(['shop.service', 'shop.socket']);
    expect(
      settingsOf(socket)
        .filter(([name]) => name === 'ListenStream')
        .map(([, value]) => value),
    ).toEqual(['127.0.0.1:8000', '[::1]:8000', '9000', '/run/shop.sock']);
    expect(settingOf(socket, 'BindIPv6Only')).toBe('both');
    expect(settingOf(socket, 'SocketMode')).toBe('0660');
    expect(settingOf(socket, 'SocketUser')).toBe('ann');
    expect(settingOf(socket, 'FileDescriptorName')).toBe('shop');
    expect(argv.filter((word) => word.includes('systemd:') || word.includes('8000'))).toEqual([
      'systemd:shop',
    ]);
    expect(settingOf(service, 'Requires')).toBe('shop.socket');
    expect(next.join('\n')).toContain('enable --now shop.socket shop.service');
  });

  it('names the address of a host', async () => {
    const { socket } = await project.units(['app.js', '--bind', 'localhost:8000'], { socket: true });
    expect(settingOf(socket, 'ListenStream')).toMatch(/^(127\.0\.0\.1|\[::1\]):8000$/);
  });

  it('is refused for a port that the kernel chooses', async () => {
    await expect(project.units(['app.js', '--bind', ':0'], { socket: true })).rejects.toThrow(
      'systemd cannot listen on :0',
    );
  });
});
