import { oneOf } from '@tshorn/config';
import { command } from './command.ts';

export const completion = command({
  name: 'completion',
  summary: 'Print the completion script of a shell',
  about:
    'Prints a script that lets a shell complete commands, options, their values, files, and the pids of running masters. The shell asks tshorn itself at each TAB, so that the script need not be renewed. It completes the word tshorn, and not `npx tshorn`: install tshorn for the whole system, or put node_modules/.bin into PATH.',
  args: {
    shell: {
      kind: { ...oneOf('bash', 'zsh', 'fish'), meta: 'SHELL' },
      summary: 'bash, zsh or fish',
      required: true,
    },
  },
  examples: [
    ['tshorn completion bash >> ~/.bashrc', ''],
    ['tshorn completion zsh >> ~/.zshrc', 'after the line that calls compinit'],
    ['tshorn completion fish > ~/.config/fish/completions/tshorn.fish', ''],
  ],
  exits: [
    [0, 'printed'],
    [2, 'no such shell'],
  ],
  run: async ({ shell }) => (await import('./completion/script.ts')).printScript(shell),
});
