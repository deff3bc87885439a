/** A jest reporter: appends the counts of each run to the file that TEST_RESULTS names. .ci/run adds them up. */
import fs from 'node:fs';

export default class CountResults {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numRuntimeErrorTestSuites }) {
    const file = process.env.TEST_RESULTS;
    if (file) fs.appendFileSync(file, `${numPassedTests} ${numFailedTests + numRuntimeErrorTestSuites}\n`);
  }
}
