/**
 * Tells a request handler `(req, res)` from other functions with two parameters that modules export: by its source
 * before it is called, and by what it does when the probe calls it.
 */
import { describeThrown, TshornError } from '@tshorn/core';
import { appFrames, placeOf } from './app-frames.ts';
import { shapeOf } from './shape.ts';

export interface NoHandler {
  /** Follows "it exports". */
  readonly what: string;
  readonly fix: string;
}

// biome-ignore lint/complexity/noBannedTypes: any function that a module exports
type AnyFunction = Function;

/** Names that people give to other things than a request. A minifier's names say nothing. */
const NO_REQUEST =
  /^_*(?:fastify|instance|config|conf|configuration|options|opts|settings|app|server|router|env|argv|args|event|context|ctx)$/i;
const RESPONSE = /^_*(?:res|resp|response|reply|rs)$/i;

const PLUGIN =
  'a Fastify plugin is started by the package fastify-cli (tshorn fastify -- start FILE), or registered in a start ' +
  "file: const app = require('fastify')(); app.register(require('./plugin')); module.exports = app";
const MAKER =
  'if it makes the app, call it in a start file and export what it returns: module.exports = make(config)';
const MIDDLEWARE = 'a middleware is served by the app that uses it: export that app';
const HANDLER = 'export a function (req, res) that answers the request';

/** Undefined for a function that may be a handler, as far as its source tells. */
export function noHandlerBySource(fn: AnyFunction): NoHandler | undefined {
  const [first = '', second = ''] = parametersOf(fn);
  const source = `function${nameOf(fn)} (${first}${second && `, ${second}`})`;
  if (isMarkedPlugin(fn) || /^_*fastify$/i.test(first)) {
    return { what: `a Fastify plugin${first && `, ${source}`}`, fix: PLUGIN };
  }
  if (fn.length < 2 || !NO_REQUEST.test(first) || RESPONSE.test(second)) return undefined;
  return { what: `${source}, which is no request handler (req, res)`, fix: fixOf(first, second) };
}

function fixOf(first: string, second: string): string {
  if (/^_*(?:opts|options)$/i.test(second) && /^_*(?:app|server|instance)$/i.test(first)) return PLUGIN;
  if (/next$/i.test(second)) return MIDDLEWARE;
  if (/^_*(?:event|context|ctx)$/i.test(first))
    return `${HANDLER}, or the app that this function is written for`;
  return MAKER;
}

/** fastify-plugin marks what it wraps (https://github.com/fastify/fastify-plugin). */
const isMarkedPlugin = (fn: AnyFunction): boolean =>
  ['skip-override', 'fastify.display-name', 'plugin-meta'].some((mark) => Symbol.for(mark) in fn);

/** The names of the first three parameters; empty where one is no plain name. */
function parametersOf(fn: AnyFunction): string[] {
  const source = Function.prototype.toString.call(fn).slice(0, 1_000);
  const list = /^(?:async\b\s*)?(?:function\b\s*\*?\s*)?[\w$]*\s*\(([^)]*)/.exec(source)?.[1] ?? '';
  const names = list.split(',').map((part) => part.replace(/=.*/s, '').trim());
  return names.slice(0, 3).map((name) => (/^[\w$]+$/.test(name) ? name : ''));
}

/**
 * For a function that was called without arguments to make the app, and threw. Undefined where it takes none, or where
 * the error does not look like that of a missing argument.
 */
export function missesArguments(fn: AnyFunction, thrown: unknown): TshornError | undefined {
  const parameters = parametersOf(fn).filter(Boolean).join(', ');
  if (parameters === '' || !/undefined/.test(messageOf(thrown))) return undefined;
  const how = `${describeThrown(thrown).split('\n', 1)[0]}${placeOf(thrown)}`;
  const message = `app: the exported function${nameOf(fn)} (${parameters}) was called without arguments to make the app, and threw ${how}`;
  return new TshornError('ERR_APP_THROWS', message, { fix: MAKER, detail: appFrames(thrown) });
}

const nameOf = ({ name }: AnyFunction): string => (name && name !== 'default' ? ` ${name}` : '');

/** The outcome of a request that the probe has sent to an exported function. */
export type Outcome = { readonly thrown: unknown } | { readonly returned: unknown };

/**
 * Undefined where the function may be a handler that fails. A request and a response have the same methods each time,
 * so that a call of a method that they do not have is never mended by another attempt.
 */
export function noHandlerByOutcome(fn: AnyFunction, outcome: Outcome): TshornError | undefined {
  if ('returned' in outcome) {
    const shape = shapeOf(outcome.returned);
    if (!shape) return undefined;
    const kind = {
      server: 'an http.Server',
      fastify: 'a Fastify app',
      koa: 'a Koa app',
      express: 'an Express app',
    };
    const what = shape === 'fetch' ? 'an app with fetch(request)' : kind[shape];
    return refusal(fn, `it returned ${what}, and did not answer the request`, MAKER);
  }
  const [, name = '', method] =
    /^([\w$]+)(?:\.([\w$]+))? is not a function/.exec(messageOf(outcome.thrown)) ?? [];
  const at = name === '' ? -1 : parametersOf(fn).indexOf(name);
  // The third parameter is the `next` of a middleware, which only an app gives.
  if (at === -1 || (at === 2) !== (method === undefined)) return undefined;
  const how = `${describeThrown(outcome.thrown).split('\n', 1)[0]}${placeOf(outcome.thrown)}`;
  return refusal(
    fn,
    how,
    at === 2 ? MIDDLEWARE : at === 1 && OF_EXPRESS.test(method ?? '') ? EXPRESS : OTHER,
  );
}

const OF_EXPRESS = /^(?:json|send|status|sendStatus|sendFile|render|redirect|get|set|type)$/;
const EXPRESS = 'this handler is written for Express: export the app that it is part of';
const OTHER = `${HANDLER}. ${PLUGIN.replace('a F', 'A F')}`;

const messageOf = (thrown: unknown): string => (thrown instanceof TypeError ? thrown.message : '');

function refusal(fn: AnyFunction, how: string, fix: string): TshornError {
  const parameters = parametersOf(fn).filter(Boolean).join(', ');
  const message = `app: the exported function${nameOf(fn)} (${parameters}) is no request handler (req, res): ${how}`;
  return new TshornError('ERR_APP_KIND', message, { fix });
}
