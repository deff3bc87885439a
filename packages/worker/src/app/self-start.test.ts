import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { callsItself } from './self-start.ts';

const directory = fs.mkdtempSync(path.join(tmpdir(), 'self-start-'));
afterAll(() => fs.rmSync(directory, { recursive: true }));

const calls = (name: string, text: string): boolean => {
  const file = path.join(directory, 'app.js');
  fs.writeFileSync(file, text);
  return callsItself(name, file);
};

test.each([
  ['main', 'module.exports = main;\nif (!module.parent) main();\nasync function main() {}'],
  ['bootstrap', 'export default async function bootstrap() {}\nvoid bootstrap();'],
  ['serve', 'module.exports = serve\nif (!module.parent) serve.exec()'],
])('%s is called by its module: %s', (name, text) => expect(calls(name, text)).toBe(true));

test.each([
  ['createApp', 'export default async function createApp () {}'],
  ['createApp', 'module.exports = createApp; // tshorn calls createApp()\nfunction createApp() {}'],
  ['app', 'const wrapped = myapp(1); export default app'],
  ['default', 'export default () => {}; import("x").then((m) => m.default())'],
])('%s is not: %s', (name, text) => expect(calls(name, text)).toBe(false));
