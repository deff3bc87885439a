/**
 * The app's own word that it can serve, `process.send('ready')`: the convention of PM2 (`wait_ready`). It goes to the
 * parent, so it is heard where it is sent.
 */
type Send = NonNullable<typeof process.send>;

/** An operator who waits for longer wants to know what for. Milliseconds. */
const LONG_MS = 3_000;

/**
 * Resolves when the app sends it. Called before the app is loaded, which may keep the `process.send` that it finds.
 */
export const readyMessage = (): Promise<void> =>
  new Promise((resolve) => {
    const send = process.send as Send;
    process.send = ((...words: Parameters<Send>) => {
      if (words[0] === 'ready') resolve();
      return Reflect.apply(send, process, words);
    }) as Send;
  });

/** @param tell gets a text when the message does not come for some seconds */
export async function awaitReadyMessage(sent: Promise<void>, tell: (text: string) => void): Promise<void> {
  const late = "the app is loaded, and has not called process.send('ready') (--wait-ready)";
  const timer = setTimeout(() => tell(late), LONG_MS);
  await sent;
  clearTimeout(timer);
}
