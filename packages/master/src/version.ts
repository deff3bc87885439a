/** The version of tshorn. */
declare const TSHORN_VERSION: string;

/** The bundler puts it in; unit tests run without. */
export const VERSION = typeof TSHORN_VERSION === 'undefined' ? 'source' : TSHORN_VERSION;
