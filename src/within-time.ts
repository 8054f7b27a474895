/** A deadline for calls that have none of their own. */

/**
 * What a call comes to. It cannot be stopped, so it goes on behind a deadline that has passed.
 *
 * @throws Error with this message when it took longer; what the call throws.
 */
export async function withinTime<T>(deadlineMs: number, message: string, call: () => T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), deadlineMs);
  });
  try {
    return await Promise.race([call(), late]);
  } finally {
    clearTimeout(timer);
  }
}
