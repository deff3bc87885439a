/**
 * `service.instance.id` for the app's own SDK of OpenTelemetry: one for each process. Without it the workers would write the
 * same series, each its own values. By slot it would not be unique: during a reload a slot has two processes
 * (https://opentelemetry.io/docs/specs/semconv/resource/service/).
 */
const ATTRIBUTES = 'OTEL_RESOURCE_ATTRIBUTES';

/** Adds `id` where a variable of OpenTelemetry is set, and none says what the instance is called. */
export function withInstanceId(env: NodeJS.ProcessEnv, id: () => string): NodeJS.ProcessEnv {
  const isUsed = Object.entries(env).some(([name, value]) => name.startsWith('OTEL_') && value);
  const given = env[ATTRIBUTES] ?? '';
  if (!isUsed || /(^|,)\s*service\.instance\.id\s*=/.test(given)) return env;
  const attributes = given.trim().replace(/,$/, '');
  return {
    ...env,
    [ATTRIBUTES]: [...(attributes ? [attributes] : []), `service.instance.id=${id()}`].join(','),
  };
}
