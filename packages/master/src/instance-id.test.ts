import { withInstanceId } from './instance-id.ts';

const attributesOf = (env: NodeJS.ProcessEnv) => withInstanceId(env, () => 'id').OTEL_RESOURCE_ATTRIBUTES;

it.each([
  ['only where OpenTelemetry is configured', {}, undefined],
  ['not for an empty variable', { OTEL_SERVICE_NAME: '' }, undefined],
  ['alone', { OTEL_SERVICE_NAME: 'shop' }, 'service.instance.id=id'],
  ['behind what is there', { OTEL_RESOURCE_ATTRIBUTES: 'a=b,' }, 'a=b,service.instance.id=id'],
  [
    'not where it is set',
    { OTEL_RESOURCE_ATTRIBUTES: 'a=b, service.instance.id=x' },
    'a=b, service.instance.id=x',
  ],
  [
    'beside one that is called alike',
    { OTEL_RESOURCE_ATTRIBUTES: 'my.service.instance.id=x' },
    'my.service.instance.id=x,service.instance.id=id',
  ],
])('a worker gets an instance id: %s', (_, env, attributes) => {
  expect(attributesOf(env)).toBe(attributes);
});
