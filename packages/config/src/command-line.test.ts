import { RealNode } from './testing/real-node.ts';

let node: RealNode;
beforeAll(() => {
  node = new RealNode();
});
afterAll(() => node.stop());

const serve = (...argv: string[]) => node.resolveConfig({ argv, env: {}, cwd: '/nowhere' });

describe('the command line', () => {
  it('takes the app, flags before and after it, and short flags', async () => {
    const { config, origins } = await serve(
      '--workers=3',
      'app.js:handler',
      '-b',
      ':80',
      '-b',
      'unix:/run/a',
    );
    expect(config).toMatchObject({ app: 'app.js:handler', workers: 3 });
    expect(config.bind).toEqual([
      { kind: 'tcp', host: '', port: 80 },
      { kind: 'unix', path: '/run/a' },
    ]);
    expect(origins).toMatchObject({ workers: 'command line', grace: 'default' });
  });

  it('hands everything after -- to the app, untouched', async () => {
    const { config } = await serve('app.js', '--', '--workers', 'x', '--');
    expect(config.appArgs).toEqual(['--workers', 'x', '--']);
  });

  it('lets the last of a repeated flag win', async () => {
    expect((await serve('a.js', '-w', '2', '--workers', '5')).config.workers).toBe(5);
  });

  it('knows two ways to say none', async () => {
    expect((await serve('a.js', '--status-path', '')).config.statusPath).toBe('');
    expect((await serve('a.js', '--no-status-path')).config.statusPath).toBe('');
    expect((await serve('a.js', '--no-log-file')).config.logFile).toBeUndefined();
  });

  it.each([
    [['--park', 'a.js'], true],
    [['a.js', '--park', '--workers', '2'], true],
    [['--park', 'no', 'a.js'], false],
    [['--park=no', 'a.js'], false],
    [['--no-park', 'a.js'], false],
  ])('reads yes and no from %j', async (argv, park) => {
    expect((await serve(...argv)).config).toMatchObject({ app: 'a.js', park });
  });

  it("leaves a word alone that is another flag's value", async () => {
    const { config } = await serve('--node-options', '--park', 'a.js');
    expect(config.nodeOptions).toBe('--park');
  });

  it.each([
    [['--wokers', '8'], '--wokers: unknown option; did you mean --workers?'],
    [['-workers', '8'], '-workers: unknown option; did you mean --workers?'],
    [['--no-workers', 'a.js'], '--no-workers: unknown option; did you mean --workers?'],
    [['--env-file', 'a.js'], '--env-file: unknown option; did you mean --environment-file?'],
    [['--port', '3000', 'a.js'], '--port: unknown option; did you mean --bind :3000?'],
    [['a.js', '-p', '3000'], '-p: unknown option; did you mean --bind :3000?'],
    [['a.js', '-p=3000'], '-p: unknown option; did you mean --bind :3000?'],
    [['a.js', '--port'], '--port: unknown option; did you mean --bind :PORT?'],
    [['a.js', '-i', 'max'], '-i: unknown option; there is one worker per CPU without --workers'],
    [['a.js', '--processes', '4'], '--processes: unknown option; did you mean --workers 4?'],
    [['a.js', '-D'], '-D: unknown option; tshorn stays in the foreground; tshorn unit APP prints a service'],
    [['a.js', '--reload'], '--reload: unknown option; did you mean --watch?'],
    [['a.js', '-p', 'run/app.pid'], '-p: unknown option; did you mean --pid-file?'],
    [['a.js', '-u', 'www'], '-u: unknown option; did you mean --user?'],
    [
      ['a.js', '-e', 'A=1'],
      '-e: unknown option; variables of the app stand in `env` of the config file, or in --environment-file FILE',
    ],
    [['a.js', '--capture-output'], '--capture-output: unknown option; did you mean --output-file?'],
    [['a.js', '--ciphers', 'ALL'], '--ciphers: unknown option; did you mean --tls-ciphers?'],
    [
      ['a.js', '--log-config', 'a'],
      '--log-config: unknown option; the log has --log-file, --log-level and --log-format, and no other settings',
    ],
    [['a.js', '--statsd-host', '1.2.3.4:1'], '--statsd-host: unknown option; did you mean --statsd?'],
    [['a.js', '--statsd_host', '1.2.3.4:1'], '--statsd_host: unknown option; did you mean --statsd?'],
    [
      ['a.js', '--dogstatsd-tags', 'a:b'],
      '--dogstatsd-tags: unknown option; StatsD is sent no tags; --statsd-prefix PREFIX tells one server from another',
    ],
    [['a.js', '--work', '4'], '--work: unknown option; did you mean --workers?'],
    [['a.js', '--WORKERS', '4'], '--WORKERS: unknown option; did you mean --workers?'],
    [['a.js', '--http', ':8000'], '--http: unknown option; did you mean --bind :8000?'],
    [['a.js', '--instances', '4'], '--instances: unknown option; did you mean --workers 4?'],
    [['--zzzzzzzzz', 'a.js'], '--zzzzzzzzz: unknown option'],
    [['-x', 'a.js'], '-x: unknown option'],
    [
      ['a.js', '--workers', 'abc'],
      '--workers: got "abc"; expected a whole number from 1 to 1024, a range of them such as 2..8, or auto',
    ],
    [
      ['a.js', '--workers', '-5'],
      '--workers: got "-5"; expected a whole number from 1 to 1024, a range of them such as 2..8, or auto',
    ],
    [
      ['a.js', '--workers', '0'],
      '--workers: got "0"; expected a whole number from 1 to 1024, a range of them such as 2..8, or auto',
    ],
    [
      ['a.js', '--workers'],
      '--workers: its value is missing; expected a whole number from 1 to 1024, a range of them such as 2..8, or auto',
    ],
    [
      ['a.js', '-w', '--bind', ':1'],
      '--workers: its value is missing; expected a whole number from 1 to 1024, a range of them such as 2..8, or auto',
    ],
    [['a.js', '--config'], '--config: its value is missing; expected the path of a config file'],
    [['a.js', 'b.js'], '"b.js": unexpected; the app is "a.js" and there is only one'],
    [
      ['a.js', '--log-level', 'loud'],
      '--log-level: got "loud"; expected one of fatal, error, warn, info, debug, trace',
    ],
    [[], 'there is no app to serve'],
  ])('refuses %j', async (argv, message) => {
    await expect(serve(...argv)).rejects.toMatchObject({ code: 'ERR_OPTION', message });
  });

  it.each([
    [
      ['--max-old-space-size=256', '-w', '2', 'a.js'],
      "tshorn --node-options '--max-old-space-size=256' -w 2 a.js",
    ],
    [['-r', './x.cjs', 'a.js'], "tshorn --node-options '-r ./x.cjs' a.js"],
    [
      ['--import', './x.mjs', '--trace-warnings', 'a.js'],
      "tshorn --node-options '--import ./x.mjs --trace-warnings' a.js",
    ],
  ])('names the line for options of node in %j', async (argv, line) => {
    const name = argv[0]?.split('=')[0];
    await expect(serve(...argv)).rejects.toMatchObject({
      code: 'ERR_OPTION',
      message: `${name}: an option of node, not of tshorn`,
      fix: `type: ${line}; or set NODE_OPTIONS`,
    });
  });

  it('names what is meant by a number of workers, or a port, that is none', async () => {
    await expect(serve('a.js', '-w', 'max')).rejects.toMatchObject({
      fix: 'for one worker per CPU leave it out: that is the default',
    });
    const onPath = node.resolveConfig({ argv: ['a.js'], env: { PORT: '/tmp/x.sock' }, cwd: '/nowhere' });
    await expect(onPath).rejects.toMatchObject({ fix: 'for a unix socket: --bind unix:/tmp/x.sock' });
  });

  it('takes a value that begins with a dash where it is one for Node', async () => {
    const { nodeOptions, grace } = (await serve('a.js', '--node-options', '--import ./b.mjs', '--grace', '2'))
      .config;
    expect([nodeOptions, grace]).toEqual(['--import ./b.mjs', 2000]);
    expect((await serve('a.js', '--node-options=-r x')).config.nodeOptions).toBe('-r x');
    await expect(serve('a.js', '--node-options')).rejects.toThrow('--node-options: its value is missing');
  });

  it('names the flag of a wrong address', async () => {
    await expect(serve('a.js', '-b', 'a:b:c')).rejects.toMatchObject({
      code: 'ERR_OPTION',
      message: '--bind: "a:b:c" is not an address: unknown form',
    });
  });

  it.each([
    ['--admin', '127.0.0.1', '--admin: "127.0.0.1" is not an address: unknown form', '127.0.0.1:9464;'],
    ['--agent', 'x:y', '--agent: "x:y" is not an address: unknown form', '127.0.0.1:9465;'],
    ['--admin', 'systemd:x', '--admin: systemd:x: the sockets of systemd are for --bind alone', ':9464;'],
  ])('%s %s: tells the forms that this option takes', async (flag, value, message, example) => {
    const error = await serve('a.js', flag, value).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_OPTION', message, fix: expect.stringContaining(example) });
    expect(error.fix).not.toContain('systemd');
  });

  it('takes a port alone as every address, as :PORT', async () => {
    const every = { kind: 'tcp', host: '', port: 9464 };
    expect((await serve('a.js', '--admin', '9464', '--agent', ':9464')).config).toMatchObject({
      admin: [every],
      agent: [every],
    });
  });
});

describe('parseCommand', () => {
  it.each([
    [['app.js'], 'serve'],
    [[], 'serve'],
    [['app.js', '--check-config'], 'check-config'],
    [['app.js', '--print-config', '--workers', '2'], 'print-config'],
    [['app.js', '--', '--help'], 'serve'],
  ])('reads %j as %s', async (argv, kind) => {
    expect(await node.parseCommand(argv)).toEqual({ kind });
  });

  it.each([
    [['--version'], false],
    [['-v', '--json'], true],
  ])('reads %j as version, as JSON: %s', async (argv, json) => {
    expect(await node.parseCommand(argv)).toEqual({ kind: 'version', json });
  });

  it('helps even where the rest of the line is wrong', async () => {
    expect(await node.parseCommand(['--wokers', '--help'])).toEqual({ kind: 'help' });
  });
});
