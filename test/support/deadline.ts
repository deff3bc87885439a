/** How long tests wait for something that must come. Generous: a shared machine may pause, and a real failure shows by its event. */

/** For one event, in ms. DEADLINE_MS overrides it, for a machine with much else to do. */
export const DEADLINE_MS = Number(process.env.DEADLINE_MS ?? 60_000);

/** For one test, in ms: the `testTimeout` of jest.config.js, to which tests with many rounds add. */
export const TEST_MS = 200_000;
