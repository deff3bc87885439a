import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { authority } from '../../../../test/support/certificates.ts';
import { Swap } from './swap.ts';
import type { TlsOptions } from './terminator.ts';

const ca = authority();
const other = authority('Another CA');
const server = ca.issue({ names: ['localhost'] });
const alice = ca.issue({ names: ['alice'], client: true });
const pairs = [{ cert: server.cert, key: server.key }];
const ticketKeys = randomBytes(48).toString('base64');

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

interface Worker {
  readonly swap: Swap;
  readonly port: number;
}

/** One that tells each client how it is known; a reload makes another one with the same keys. */
async function worker(certReqs: TlsOptions['certReqs']): Promise<Worker> {
  const next = (socket: tls.TLSSocket) => {
    const { authorized, authorizationError } = socket;
    socket.on('error', () => {}).end(JSON.stringify({ authorized, error: authorizationError ?? null }));
  };
  const options = {
    certReqs,
    tlsMinVersion: 'TLSv1.2',
    tlsCiphers: '',
    http2: false,
    handshakeTimeout: 60_000,
  } as const;
  const swap = new Swap({ pairs, ca: ca.cert }, { options, next, send: () => {}, arm: () => {} });
  swap.obey({ type: 'ticket-keys', keys: ticketKeys });
  const listener = net.createServer(swap.handshakes.entry).listen(0, '127.0.0.1');
  ends.push(() => {
    swap.handshakes.drain().forceClose();
    listener.close();
  });
  await once(listener, 'listening');
  return { swap, port: (listener.address() as net.AddressInfo).port };
}

interface Told {
  readonly session: Buffer;
  readonly reused: boolean;
  /** `{}` when the server has refused the client. */
  readonly known: { readonly authorized?: boolean; readonly error?: string | null };
}

async function visit({ port }: Worker, options: tls.ConnectionOptions): Promise<Told> {
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  let session = Buffer.alloc(0);
  let text = '';
  let reused = false;
  socket.on('session', (ticket) => {
    session = ticket;
  });
  socket.on('secureConnect', () => {
    reused = socket.isSessionReused();
  });
  socket.on('data', (bytes) => {
    text += bytes;
  });
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('close', resolve));
  return { session, reused, known: JSON.parse(text || '{}') };
}

/** A relay that stops when the client has sent its hello and the server has answered. */
async function halfway({ port }: Worker) {
  let goOn = () => {};
  let reach = () => {};
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const relay = net.createServer((near) => {
    const far = net.connect(port, '127.0.0.1');
    for (const socket of [near, far]) socket.on('error', () => {});
    near.once('data', (hello) => {
      near.pause();
      far.write(hello);
      goOn = () => void near.pipe(far);
    });
    far.once('data', reach).pipe(near);
  });
  ends.push(() => relay.close());
  await once(relay.listen(0, '127.0.0.1'), 'listening');
  return { port: (relay.address() as net.AddressInfo).port, reached, goOn: () => goOn() };
}

const identity = { cert: alice.cert, key: alice.key };

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', (version) => {
  const base = { minVersion: version, maxVersion: version };

  test('who has shown no certificate is not authorized, in a resumed session either', async () => {
    const one = await worker('optional');
    const nobody = { authorized: false, error: 'UNABLE_TO_GET_ISSUER_CERT' };
    const first = await visit(one, base);
    expect(first.known).toEqual(nobody);
    expect(await visit(one, { ...base, session: first.session })).toMatchObject({
      reused: true,
      known: nobody,
    });
  });

  test('who has shown one is, in a resumed session too', async () => {
    const one = await worker('required');
    const { session } = await visit(one, { ...base, ...identity });
    const again = await visit(one, { ...base, ...identity, session });
    expect(again).toMatchObject({ reused: true, known: { authorized: true, error: null } });
  });

  test('from the day that a certificate is required, a ticket from before does not help', async () => {
    for (const before of ['none', 'optional'] as const) {
      const { session } = await visit(await worker(before), base);
      const { known } = await visit(await worker('required'), { ...base, session });
      expect(known).toEqual({});
    }
  });

  test('a client whose authority is not trusted any more is not authorized by its ticket', async () => {
    const one = await worker('optional');
    const first = await visit(one, { ...base, ...identity });
    expect(first.known).toEqual({ authorized: true, error: null });
    const silent = net.connect(one.port, '127.0.0.1');
    while (one.swap.handshakes.open().length === 0) await new Promise(setImmediate);
    const half = await halfway(one);
    const begun = visit({ ...one, port: half.port }, { ...base, ...identity });
    await half.reached;
    one.swap.obey({ type: 'certificates', revision: 2, pairs, ca: other.cert });
    one.swap.obey({ type: 'use-certificates', revision: 2, use: true });
    const stranger = { authorized: false, error: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' };
    const again = await visit(one, { ...base, ...identity, session: first.session });
    expect(again).toMatchObject({ reused: false, known: stranger });
    expect((await visit(one, { ...base, ...identity, socket: silent })).known).toEqual(stranger);
    half.goOn();
    expect((await begun).known).toEqual({});
  });
});
