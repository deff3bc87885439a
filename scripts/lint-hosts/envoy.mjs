// Checks a bootstrap of Envoy against the protocol buffers of its API: that every field and every enum value is
// there, and that a message stands where one belongs. What Envoy itself demands beyond that is not checked.
import path from 'node:path';

const ROOTS = ['envoy-api', 'googleapis', 'protoc-gen-validate', 'xds', '../../../protobufjs'];
const FILES = [
  'envoy/config/bootstrap/v3/bootstrap.proto',
  'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto',
  'envoy/extensions/filters/http/router/v3/router.proto',
  'envoy/extensions/upstreams/http/v3/http_protocol_options.proto',
  'envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.proto',
];
/** Messages that JSON writes as a plain value. */
const PLAIN = /^\.google\.protobuf\.(Duration|Timestamp|\w+Value)$/;

function load(require, directory) {
  const fs = require('node:fs');
  const { Root } = require('protobufjs');
  const root = new Root();
  root.resolvePath = (_origin, target) =>
    ROOTS.map((each) => path.join(directory, each, target)).find((file) => fs.existsSync(file)) ?? target;
  return root.loadSync(FILES, { keepCase: true });
}

export function checkEnvoy(require, directory, text) {
  const root = load(require, directory);
  root.resolveAll();
  const found = [];

  function checkOne(field, value, at) {
    const type = field.resolvedType;
    if (!type) {
      if (typeof value === 'object') found.push(`${at}: ${field.type} expected`);
    } else if (type.values) {
      if (!(value in type.values)) found.push(`${at}: there is no ${value} in ${type.name}`);
    } else if (type.fullName === '.google.protobuf.Any') {
      const { '@type': url, ...rest } = value;
      check(root.lookupType(url.replace(/^.*\//, '')), rest, at);
    } else if (!PLAIN.test(type.fullName)) check(type, value, at);
  }

  function check(type, value, at) {
    if (typeof value !== 'object' || value === null) return void found.push(`${at}: ${type.name} expected`);
    for (const [key, inside] of Object.entries(value)) {
      const field = type.fields[key];
      const here = `${at}.${key}`;
      if (!field) found.push(`${here}: ${type.name} has no such field`);
      else if (field.map) for (const one of Object.values(inside)) checkOne(field, one, here);
      else if (field.repeated !== Array.isArray(inside))
        found.push(`${here}: a list where none belongs, or none`);
      else for (const [n, one] of [inside].flat().entries()) checkOne(field, one, `${here}[${n}]`);
    }
  }

  check(root.lookupType('envoy.config.bootstrap.v3.Bootstrap'), require('yaml').parse(text), 'envoy');
  return found;
}
