import fs from 'node:fs';
import path from 'node:path';
import { makeUnits, type UnitOptions } from '../unit.ts';
import { type Given, machineWith } from './machine.ts';
import { directoryOutsideTmp } from './outside-tmp.ts';
import { argvOf, settingOf, settingsOf, wordsOf } from './parse-unit.ts';

/** A directory with an app for each test of a file. */
export class Project {
  cwd = '';

  make(): void {
    this.cwd = directoryOutsideTmp('.unit-');
    this.write('app.js', '');
    this.write('package.json', '{"name":"@acme/shop"}');
  }

  remove(): void {
    fs.rmSync(this.cwd, { recursive: true });
  }

  write(name: string, text: string): void {
    fs.writeFileSync(path.join(this.cwd, name), text);
  }

  /** Makes the units on a machine where ann types the command in this directory. */
  async units(argv: string[], options: UnitOptions = {}, given: Given = {}) {
    const files = { [path.join(this.cwd, 'app.js')]: true, ...given.files } as const;
    const made = await makeUnits(argv, options, machineWith({ cwd: this.cwd, ...given, files }));
    const [service = '', socket = ''] = made.files.map(({ text }) => text);
    return {
      ...made,
      service,
      socket,
      names: made.files.map(({ name }) => name),
      argv: argvOf(settingOf(service, 'ExecStart') ?? ''),
      environment: settingsOf(service)
        .filter(([name]) => name === 'Environment')
        .map(([, value]) => wordsOf(value)[0]),
    };
  }
}
