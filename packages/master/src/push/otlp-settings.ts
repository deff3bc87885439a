/**
 * When and where the master pushes its metrics by OTLP, from the standard variables alone
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ and .../protocol/exporter/). These are
 * mostly set for the SDK of the app, which reads the same ones. So the master pushes only where the variables ask for what
 * no app's SDK does by default: the exporter is named, and the protocol is http/json. Pure.
 */
type Environment = Readonly<Record<string, string | undefined>>;

export interface OtlpSettings {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly everyMs: number;
  readonly gzip: boolean;
  /** Paths of PEM files, for https. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** What describes the sender, `service.name` included. */
  readonly resource: Readonly<Record<string, string>>;
}

/** The settings, or a line for the log; neither where nobody asks for a push. */
export type OtlpChoice =
  | { readonly settings: OtlpSettings; readonly note?: undefined }
  | { readonly settings?: undefined; readonly note?: Note | undefined };

interface Note {
  readonly level: 'info' | 'warn';
  readonly text: string;
}

const DEFAULT_ENDPOINT = 'http://localhost:4318';
const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_EVERY_MS = 60_000;
/** The longest that a timer of Node can wait. */
const LONGEST_MS = 2 ** 31 - 1;
const SET_IT = 'set OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=http/json';

export function otlpChoice(env: Environment): OtlpChoice {
  // An empty value is none, by the specification.
  const read = (name: string) => env[name]?.trim() || undefined;
  const ofMetrics = (name: string) =>
    read(`OTEL_EXPORTER_OTLP_METRICS_${name}`) ?? read(`OTEL_EXPORTER_OTLP_${name}`);
  if (read('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return {};
  const exporters = read('OTEL_METRICS_EXPORTER')?.split(',') ?? [];
  if (!exporters.some((name) => name.trim() === 'otlp')) return {};
  const protocol = ofMetrics('PROTOCOL');
  if (protocol !== 'http/json') return { note: protocolNote(protocol) };
  const own = read('OTEL_EXPORTER_OTLP_METRICS_ENDPOINT');
  const endpoint = own ?? read('OTEL_EXPORTER_OTLP_ENDPOINT') ?? DEFAULT_ENDPOINT;
  const base = urlOf(endpoint);
  const url = base && (own ? base : urlOf(`${endpoint.replace(/\/+$/, '')}/v1/metrics`));
  if (!url) {
    const text = `metrics are not pushed: expected a URL such as ${DEFAULT_ENDPOINT} as the endpoint of OTLP, and not ${JSON.stringify(endpoint)} (OTEL_EXPORTER_OTLP${own ? '_METRICS' : ''}_ENDPOINT)`;
    return { note: { level: 'warn', text } };
  }
  const ca = ofMetrics('CERTIFICATE');
  const cert = ofMetrics('CLIENT_CERTIFICATE');
  const key = ofMetrics('CLIENT_KEY');
  return {
    settings: {
      url,
      headers: {
        ...pairs(read('OTEL_EXPORTER_OTLP_HEADERS')),
        ...pairs(read('OTEL_EXPORTER_OTLP_METRICS_HEADERS')),
      },
      timeoutMs: milliseconds(ofMetrics('TIMEOUT'), DEFAULT_TIMEOUT_MS),
      everyMs: milliseconds(read('OTEL_METRIC_EXPORT_INTERVAL'), DEFAULT_EVERY_MS),
      gzip: ofMetrics('COMPRESSION') === 'gzip',
      tls: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
      resource: resourceOf(read('OTEL_RESOURCE_ATTRIBUTES'), read('OTEL_SERVICE_NAME')),
    },
  };
}

/** Another protocol is meant for the SDK of the app, and is no mistake. Without one, somebody may wait for metrics. */
function protocolNote(protocol: string | undefined): Note {
  const isOfSdk = protocol === 'grpc' || protocol === 'http/protobuf';
  const found =
    protocol === undefined
      ? 'OTEL_EXPORTER_OTLP_PROTOCOL is not set'
      : `the protocol is ${JSON.stringify(protocol)}`;
  const text = `metrics of the server are not pushed: OTEL_METRICS_EXPORTER asks for otlp, and ${found}; to have the master push them, ${SET_IT}`;
  return { level: isOfSdk ? 'info' : 'warn', text };
}

function urlOf(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url && /^https?:$/.test(url.protocol) ? url : undefined;
}

function milliseconds(text: string | undefined, otherwise: number): number {
  const number = Number(text);
  return text !== undefined && number > 0 ? Math.min(number, LONGEST_MS) : otherwise;
}

function resourceOf(attributes: string | undefined, name: string | undefined): Record<string, string> {
  const given = pairs(attributes);
  return { ...given, 'service.name': name ?? given['service.name'] ?? 'unknown_service:tshorn' };
}

/** `key=value,key2=value2`, percent-encoded, as in W3C Baggage. What is none is left out. */
export function pairs(text: string | undefined): Record<string, string> {
  const found: Record<string, string> = {};
  for (const pair of text?.split(',') ?? []) {
    const at = pair.indexOf('=');
    const name = at > 0 ? decoded(pair.slice(0, at)) : undefined;
    const value = decoded(pair.slice(at + 1));
    if (name && value !== undefined) found[name] = value;
  }
  return found;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.trim());
  } catch {
    return undefined;
  }
}
