import { otlpChoice, pairs } from './otlp-settings.ts';

const ASKED = { OTEL_METRICS_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json' };
const settingsOf = (env: Record<string, string>) => otlpChoice({ ...ASKED, ...env }).settings;

it.each([
  ['nothing is set', {}],
  [
    'the variables of an SDK alone are set',
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_SERVICE_NAME: 'a' },
  ],
  ['the exporter is not named', { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }],
  ['the exporter is none', { ...ASKED, OTEL_METRICS_EXPORTER: 'none' }],
  ['the exporter is another', { ...ASKED, OTEL_METRICS_EXPORTER: 'prometheus,console' }],
  ['the exporter is empty', { ...ASKED, OTEL_METRICS_EXPORTER: '' }],
  ['the SDK is disabled', { ...ASKED, OTEL_SDK_DISABLED: 'TRUE' }],
])('nothing is pushed or said where %s', (_, env) => {
  expect(otlpChoice(env)).toEqual({});
});

it.each([
  ['grpc', 'info'],
  ['http/protobuf', 'info'],
  ['', 'warn'],
  ['json', 'warn'],
])('the protocol %j is not ours: nothing is pushed, and a line says what to set', (protocol, level) => {
  const env = { OTEL_METRICS_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: protocol };
  expect(otlpChoice(env)).toEqual({
    note: { level, text: expect.stringContaining('set OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=http/json') },
  });
});

it('the protocol of the metrics counts before that of all signals', () => {
  expect(settingsOf({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).toBeDefined();
});

it.each([
  [{}, 'http://localhost:4318/v1/metrics'],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c.example/otlp/' }, 'https://c.example/otlp/v1/metrics'],
  [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://m:9/in' }, 'http://m:9/in'],
  [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://m:9', OTEL_EXPORTER_OTLP_ENDPOINT: 'x' }, 'http://m:9/'],
])('%j is pushed to %s', (env, url) => {
  expect(settingsOf(env as Record<string, string>)?.url.href).toBe(url);
});

it.each(['collector:4317', 'grpc://c:1', 'http://'])(
  'the endpoint %j is no URL of HTTP: one warning',
  (endpoint) => {
    expect(otlpChoice({ ...ASKED, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })).toEqual({
      note: { level: 'warn', text: expect.stringContaining('(OTEL_EXPORTER_OTLP_ENDPOINT)') },
    });
  },
);

it('numbers that are none leave the defaults', () => {
  expect(
    settingsOf({ OTEL_METRIC_EXPORT_INTERVAL: 'often', OTEL_EXPORTER_OTLP_TIMEOUT: '-1' }),
  ).toMatchObject({
    everyMs: 60_000,
    timeoutMs: 10_000,
  });
  const env = {
    OTEL_METRIC_EXPORT_INTERVAL: '99999999999',
    OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '500',
    OTEL_EXPORTER_OTLP_TIMEOUT: '1',
  };
  expect(settingsOf(env)).toMatchObject({ everyMs: 2 ** 31 - 1, timeoutMs: 500 });
});

it('headers are percent-encoded pairs, and those of the metrics win', () => {
  const env = {
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20abc==,x=1',
    OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'x=2',
  };
  expect(settingsOf(env)?.headers).toEqual({ authorization: 'Basic abc==', x: '2' });
  expect(pairs('a=1, b = 2 ,,c,=d,e=%zz')).toEqual({ a: '1', b: '2' });
});

it('the service has the name of OTEL_SERVICE_NAME, of the attributes, or none', () => {
  const OTEL_RESOURCE_ATTRIBUTES = 'service.name=shop,deployment.environment.name=test';
  expect(settingsOf({ OTEL_RESOURCE_ATTRIBUTES })?.resource).toEqual({
    'service.name': 'shop',
    'deployment.environment.name': 'test',
  });
  expect(settingsOf({ OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME: 'cart' })?.resource).toMatchObject({
    'service.name': 'cart',
  });
  expect(settingsOf({})?.resource).toEqual({ 'service.name': 'unknown_service:tshorn' });
});
