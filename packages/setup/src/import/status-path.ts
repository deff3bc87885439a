/** A path in the source of an app that looks like a health check. */
const STATUS_PATH = /['"`](\/(?:_status|healthz?|readyz?|livez|api\/health|status|ping))['"`]/;

export const statusPathIn = (source: string): string | undefined => STATUS_PATH.exec(source)?.[1];
