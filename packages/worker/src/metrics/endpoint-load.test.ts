import { endpointLoad } from './endpoint-load.ts';

const look = (at: number, more = {}) => ({
  at,
  loop: { idle: 0, active: 0, utilization: 0 },
  cpu: { user: 0, system: 0 },
  requests: 0,
  errors: 0,
  ...more,
});

it('tells the load between two looks, as Envoy reads it', () => {
  const loop = { idle: 750, active: 250, utilization: 0.25 };
  const now = look(2_000, { loop, cpu: { user: 300_000, system: 100_000 }, requests: 90, errors: 3 });
  expect(endpointLoad(look(1_000), now)).toBe(
    'TEXT application_utilization=0.25,cpu_utilization=0.4,rps_fractional=90,eps=3',
  );
});

it('before the first second all is zero, and a number', () => {
  expect(endpointLoad(look(1_000), look(1_000))).toBe(
    'TEXT application_utilization=0,cpu_utilization=0,rps_fractional=0,eps=0',
  );
});
