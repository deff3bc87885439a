/** When a master cannot be followed by another one. Pure. */
import type { State } from '../decide/model.ts';

interface Situation {
  readonly pid: number;
  readonly state: State;
  /** Whether it knows the command line that started it. */
  readonly hasCommand: boolean;
  readonly isFollowed: boolean;
  readonly isFollowing: boolean;
}

/** In words; undefined when nothing is in the way. */
export function whyNoReExec(situation: Situation): string | undefined {
  const { pid, state, hasCommand, isFollowed, isFollowing } = situation;
  if (!hasCommand) return 'this master is part of a program, which only that program can start again';
  // Its end is the end of everything in its container.
  if (pid === 1) return 'this master is process 1; start the container anew, or run tshorn under an init';
  if (isFollowed) return 'one is under way';
  if (isFollowing) return 'this master is not active yet';
  if (state.phase === 'starting') return 'the start is not over yet';
  if (state.phase !== 'running') return 'this master is stopping';
  return state.running ? `a ${state.running.operation.kind} is under way; ask again after it` : undefined;
}
