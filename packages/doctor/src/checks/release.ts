/** The directory that the app is deployed to. */
import { type Check, NOT_APPLICABLE } from '../check.ts';

const SHOWN = 3;
const some = (names: readonly string[]) =>
  names.slice(0, SHOWN).join(', ') + (names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '');

export const RELEASE_CHECKS: readonly Check[] = [
  {
    id: 'symlinked-release',
    group: 'Release',
    levels: ['warning'],
    title: 'A reload does not follow the link to the current release',
    why: 'the server knows the directory by its real path: after a deploy, HUP starts the old code again',
    mend: 'tshorn --chdir LINK, or start it in the directory of the link',
    run: ({ release }) => {
      if (!release) return NOT_APPLICABLE;
      const { linkBeside, cwd } = release;
      if (linkBeside === undefined) return 'ok';
      return { level: 'warning', seen: `${linkBeside} leads to ${cwd}`, mend: `--chdir ${linkBeside}` };
    },
  },
  {
    id: 'foreign-addons',
    group: 'Release',
    levels: ['error'],
    title: 'A native addon was built for another Node or another machine',
    why: 'the app fails when it loads it, or runs slower without it',
    mend: 'npm rebuild, or npm ci on this machine with this Node; do not copy node_modules',
    run: ({ release }) => {
      if (!release) return NOT_APPLICABLE;
      const [first, ...others] = release.foreignAddons;
      if (!first) return 'ok';
      const more = others.length > 0 ? ` (and ${others.length} more)` : '';
      return { level: 'error', seen: `${first.file}: ${first.why}${more}` };
    },
  },
  {
    id: 'writes-to-release',
    group: 'Release',
    levels: ['note'],
    title: 'Files of the release were written while the app started',
    why: 'the next release does not have them, and a read-only directory refuses them',
    mend: 'keep data outside of the release: STATE_DIRECTORY under systemd, a volume in a container',
    run: ({ release, app }) => {
      if (!release || !app?.report) return NOT_APPLICABLE;
      return release.written.length === 0 ? 'ok' : { level: 'note', seen: some(release.written) };
    },
  },
];
