/** Reads a Dockerfile: https://docs.docker.com/reference/dockerfile/. Refuses what it does not know. */
const KNOWN = ['FROM', 'WORKDIR', 'COPY', 'RUN', 'ENV', 'USER', 'EXPOSE', 'STOPSIGNAL', 'HEALTHCHECK', 'CMD'];

export interface Instruction {
  readonly name: string;
  readonly value: string;
}

export function instructionsOf(text: string): Instruction[] {
  const all = text.split('\n').flatMap((line): Instruction[] => {
    if (line === '' || line.startsWith('#')) return [];
    const [, name = '', value = ''] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    if (!KNOWN.includes(name) || line.endsWith('\\')) throw new Error(`no instruction: ${line}`);
    return [{ name, value }];
  });
  if (all[0]?.name !== 'FROM') throw new Error('the first instruction is not FROM');
  for (const { name, value } of all) {
    const [, list] = /(?:^|CMD )(\[.+\])$/.exec(value) ?? [];
    if (name === 'CMD' || name === 'HEALTHCHECK') JSON.parse(list ?? '');
  }
  return all;
}
