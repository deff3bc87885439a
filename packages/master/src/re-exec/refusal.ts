/** When a master refuses a re-exec. Pure. */
import type { State } from '../decide/model.ts';

interface Situation {
  readonly pid: number;
  readonly state: State;
  /** True when the master knows the command line that started it. */
  readonly hasCommand: boolean;
  /** A new master is on its way. */
  readonly hasNewMaster: boolean;
  /** This master is itself the new one, and not active yet. */
  readonly isFollowing: boolean;
}

/** Why a master refuses a re-exec; undefined when it can begin. */
export function whyNoReExec(situation: Situation): string | undefined {
  const { pid, state, hasCommand, hasNewMaster, isFollowing } = situation;
  if (!hasCommand) return 'this master is part of a program, which only that program can start again';
  // The end of process 1 ends everything in its container.
  if (pid === 1) return 'this master is process 1; start the container anew, or run tshorn under an init';
  if (hasNewMaster) return 'a re-exec is under way';
  if (isFollowing) return 'this master is not active yet';
  if (state.phase === 'starting') return 'the start is not over yet';
  if (state.phase !== 'running') return 'this master is stopping';
  return state.running ? `a ${state.running.operation.kind} is under way; ask again after it` : undefined;
}
