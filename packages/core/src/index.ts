export * from './address.ts';
export * from './deadline.ts';
export * from './errors.ts';
export * from './identity.ts';
export * from './protocol.ts';
export * from './resolve-app.ts';
export * from './states.ts';
export * from './status.ts';
