/** Our families under the names that the semantic conventions of OpenTelemetry give them. */

export interface OtlpName {
  readonly name: string;
  readonly unit: string;
  /** A sum that may fall: UpDownCounter. */
  readonly isUpDown?: true;
}

/**
 * https://opentelemetry.io/docs/specs/semconv/http/http-metrics/, .../runtime/nodejs-metrics/, .../runtime/v8js-metrics/,
 * .../system/process-metrics/
 */
const NAMES: Readonly<Record<string, OtlpName>> = {
  http_server_request_duration_seconds: { name: 'http.server.request.duration', unit: 's' },
  http_server_active_requests: { name: 'http.server.active_requests', unit: '{request}', isUpDown: true },
  nodejs_eventloop_utilization_ratio: { name: 'nodejs.eventloop.utilization', unit: '1' },
  nodejs_eventloop_time_seconds_total: { name: 'nodejs.eventloop.time', unit: 's' },
  v8js_gc_duration_seconds: { name: 'v8js.gc.duration', unit: 's' },
  process_cpu_time_seconds_total: { name: 'process.cpu.time', unit: 's' },
  process_memory_usage_bytes: { name: 'process.memory.usage', unit: 'By', isUpDown: true },
  process_open_file_descriptors: {
    name: 'process.unix.file_descriptor.count',
    unit: '{file_descriptor}',
    isUpDown: true,
  },
  process_uptime_seconds: { name: 'process.uptime', unit: 's' },
};

const DELAY = /^nodejs_eventloop_delay_(\w+)_seconds$/;

const ATTRIBUTES: Readonly<Record<string, string>> = {
  http_request_method: 'http.request.method',
  http_response_status_code: 'http.response.status_code',
  http_route: 'http.route',
  error_type: 'error.type',
  url_scheme: 'url.scheme',
  cpu_mode: 'cpu.mode',
  v8js_gc_type: 'v8js.gc.type',
  nodejs_eventloop_state: 'nodejs.eventloop.state',
};

/** A name that no convention has stays as it is. A store such as Prometheus adds no ending that is there already. */
export function otlpName(family: string): OtlpName {
  const known = NAMES[family];
  if (known) return known;
  const [, delay] = DELAY.exec(family) ?? [];
  if (delay) return { name: `nodejs.eventloop.delay.${delay}`, unit: 's' };
  return { name: family, unit: unitOf(family) };
}

function unitOf(family: string): string {
  const name = family.replace(/_total$/, '');
  if (name.endsWith('_seconds')) return 's';
  if (name.endsWith('_bytes')) return 'By';
  return name.endsWith('_ratio') ? '1' : '';
}

export const otlpAttribute = (label: string): string => ATTRIBUTES[label] ?? label;
