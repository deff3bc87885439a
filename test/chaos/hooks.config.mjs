// Hooks that throw while the file CHAOS_HOOKS is there.
import fs from 'node:fs';

const fail = () => {
  if (fs.existsSync(process.env.CHAOS_HOOKS)) throw new Error('a hook that throws');
};

export default {
  hooks: {
    preFork: fail,
    postFork: fail,
    childExit: fail,
    workersChanged: fail,
    workerExit: fail,
    preRequest: fail,
  },
};
