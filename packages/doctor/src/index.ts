/** `tshorn doctor`: checks of the machine, the configuration and the app, each with a remedy. */
export {};
