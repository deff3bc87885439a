/** Rejects with `onExpiry()` when `promise` has not settled after `ms`; the timer never outlives it. */
export async function withDeadline<T>(
  promise: Promise<T> | T,
  ms: number,
  onExpiry: () => Error,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(onExpiry()), ms);
  });
  try {
    return await Promise.race([promise, expiry]);
  } finally {
    clearTimeout(timer);
  }
}
