import * as Sentry from '@sentry/node';

// Port 9 of this machine: nothing is sent elsewhere.
Sentry.init({ dsn: 'http://public@127.0.0.1:9/1', tracesSampleRate: 1 });
