/**
 * Native addons that this Node cannot load. An addon of Node-API runs on every Node; others export a symbol with the
 * version of Node's binary interface: NODE_MODULE_INIT in src/node.h of Node.
 */
import { join } from 'node:path';
import type { ReleaseFacts } from '../facts.ts';
import type { System } from '../system.ts';
import { ancestorsOf } from './surroundings.ts';

const MOST_PACKAGES = 3_000;
const SYMBOL = 'node_register_module_v';
/** e_machine in the header of an ELF file: elf(5). */
const MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183, arm: 40, ia32: 3 };

type Foreign = ReleaseFacts['foreignAddons'][number];

export function addonsOf(system: System, cwd: string): Foreign[] {
  const modules = ancestorsOf(cwd)
    .map((directory) => join(directory, 'node_modules'))
    .find((directory) => system.list(directory).length > 0);
  if (modules === undefined) return [];
  const files = packagesIn(system, modules).flatMap((directory) => {
    const built = join(directory, 'build/Release');
    const names = system.list(built).filter((name) => name.endsWith('.node'));
    return names.map((name) => join(built, name));
  });
  const foreign = files.flatMap((file) => {
    const why = whyForeign(system, file);
    return why === undefined ? [] : [{ file, why }];
  });
  return [...foreign, ...otherPlatforms(system, modules)];
}

const packagesIn = ({ list }: System, modules: string): string[] =>
  list(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => {
      const path = join(modules, name);
      return name.startsWith('@') ? list(path).map((inner) => join(path, inner)) : [path];
    })
    .slice(0, MOST_PACKAGES);

function whyForeign({ bytes, platform, arch, node }: System, file: string): string | undefined {
  const content = bytes(file);
  if (!content || content.length < 20) return undefined;
  if (platform === 'linux') {
    if (content.toString('latin1', 1, 4) !== 'ELF') return 'it was built for another system';
    const machine = MACHINES[arch];
    if (machine !== undefined && content.readUInt16LE(18) !== machine) return 'it was built for another CPU';
  }
  const at = content.indexOf(SYMBOL);
  const abi =
    at < 0
      ? undefined
      : /^\d+/.exec(content.toString('latin1', at + SYMBOL.length, at + SYMBOL.length + 6))?.[0];
  if (abi === undefined || abi === node.abi) return undefined;
  return `it was built for NODE_MODULE_VERSION ${abi}, and Node ${node.version} has ${node.abi}`;
}

interface Locked {
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
}

/** npm installs a package only where its `os` and `cpu` fit: another one has been copied here. */
function otherPlatforms({ read, list, platform, arch }: System, modules: string): Foreign[] {
  let packages: Readonly<Record<string, Locked>>;
  try {
    packages = JSON.parse(read(join(modules, '.package-lock.json')) ?? '{}').packages ?? {};
  } catch {
    return [];
  }
  const fits = (wanted: readonly string[] | undefined, own: string) =>
    !wanted ||
    wanted.length === 0 ||
    wanted.includes('any') ||
    wanted.includes(own) ||
    (wanted.every((name) => name.startsWith('!')) && !wanted.includes(`!${own}`));
  return Object.entries(packages).flatMap(([path, { os, cpu }]) => {
    const file = join(modules, '..', path);
    if ((fits(os, platform) && fits(cpu, arch)) || list(file).length === 0) return [];
    return [{ file, why: `it is for ${[os, cpu].flat().filter(Boolean).join(', ')}` }];
  });
}
