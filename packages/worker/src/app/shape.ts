/** Recognises what kind of app a value is, without doing anything with it, and describes one that is none. */
import { describeThrown } from '@tshorn/core';
import { isServable } from './http-server.ts';

/** The kinds that are known by their methods. A plain function may be a handler, or a function that makes the app. */
export type Shape = 'server' | 'fastify' | 'koa' | 'express' | 'fetch';

export function shapeOf(value: unknown): Shape | undefined {
  if (isServable(value)) return 'server';
  if (has(value, 'ready', 'inject', 'listen')) return 'fastify';
  if (has(value, 'callback', 'use')) return 'koa';
  // Express and Connect apps are functions that know how to handle; so are their routers.
  if (typeof value === 'function' && has(value, 'handle')) return 'express';
  return has(value, 'fetch') ? 'fetch' : undefined;
}

export const has = (value: unknown, ...methods: string[]): value is object =>
  (typeof value === 'object' || typeof value === 'function') &&
  value !== null &&
  methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');

export const isClass = (value: unknown): boolean =>
  typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));

/** True for the exports of a module without exports: its namespace, or the first `module.exports`. */
export const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).length === 0 &&
  [null, Object.prototype].includes(Object.getPrototypeOf(value));

/** Describes a value that is no app, for an error message. */
export function describeValue(value: unknown): string {
  if (isClass(value)) return `a class${nameOf(value)}`;
  if (typeof value === 'function') return `a function${nameOf(value)}`;
  if (value === undefined || value === null) return String(value);
  if (typeof value === 'string') return `the text ${JSON.stringify(value.slice(0, 60))}`;
  if (typeof value !== 'object') return `the ${describeThrown(value)}`;
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  const keys = Object.keys(value);
  const shown = keys.slice(0, 8).join(', ') + (keys.length > 8 ? ', ...' : '');
  const made = value.constructor?.name;
  const what = made && made !== 'Object' ? `an object of class ${made}` : 'an object';
  return keys.length > 0 ? `${what} with ${shown}` : `${what} without properties`;
}

const nameOf = (value: unknown) =>
  (value as { name?: string }).name ? ` ${(value as { name: string }).name}` : '';
