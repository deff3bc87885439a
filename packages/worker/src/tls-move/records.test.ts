import { ALERT, APPLICATION_DATA, expandLabel, OVERHEAD, RecordKey, suiteOf } from './records.ts';

type Suite = NonNullable<ReturnType<typeof suiteOf>>;
const AES128 = suiteOf('TLS_AES_128_GCM_SHA256') as Suite;
/** RFC 8448, section 3: the client's secret for application data, and its first record, which has 50 bytes. */
const SECRET = '9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5';
const RECORD =
  '1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4';
const FIFTY = Buffer.from(Array.from({ length: 50 }, (_, at) => at));

const key = (sequence = 0) => new RecordKey(AES128, Buffer.from(SECRET, 'hex'), sequence);

test('keys are those of RFC 8448', () => {
  const secret = Buffer.from(SECRET, 'hex');
  expect(expandLabel('sha256', secret, 'key', 16).toString('hex')).toBe('17422dda596ed5d9acd890e3c63f5051');
  expect(expandLabel('sha256', secret, 'iv', 12).toString('hex')).toBe('5b78923dee08579033e523d9');
});

test('the record of RFC 8448 is sealed and opened', () => {
  expect(Buffer.concat(key().seal(APPLICATION_DATA, FIFTY)).toString('hex')).toBe(RECORD);
  expect(key().open(Buffer.from(RECORD, 'hex'))).toEqual({ type: APPLICATION_DATA, data: FIFTY });
});

test.each(['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'])(
  '%s: records in a row, over the border of 32 bits, and after a new key',
  (name) => {
    const suite = suiteOf(name) as Suite;
    const one = () => new RecordKey(suite, Buffer.alloc(suite.hashLength, 7), 2 ** 32 - 2);
    const [writes, reads] = [one(), one()];
    for (let at = 0; at < 6; at++) {
      if (at === 4) for (const side of [writes, reads]) side.update();
      const sealed = Buffer.concat(writes.seal(ALERT, FIFTY.subarray(at)));
      expect(sealed).toHaveLength(50 - at + OVERHEAD);
      expect(reads.open(sealed)).toEqual({ type: ALERT, data: FIFTY.subarray(at) });
    }
    expect(writes.sequence).toBe(2);
  },
);

test('a record with another number, a changed byte, or too few of them is none', () => {
  const record = Buffer.from(RECORD, 'hex');
  expect(key(1).open(record)).toBeUndefined();
  record[20] ^= 1;
  expect(key().open(record)).toBeUndefined();
  expect(key().open(record.subarray(0, 20))).toBeUndefined();
});

test('a suite that is not known', () => {
  expect(suiteOf('TLS_AES_128_CCM_SHA256')).toBeUndefined();
  expect(suiteOf('constructor')).toBeUndefined();
});

test('nothing is left of a key that was wiped', () => {
  const secret = Buffer.from(SECRET, 'hex');
  new RecordKey(AES128, secret, 0).wipe();
  expect(secret).toEqual(Buffer.alloc(32));
});
