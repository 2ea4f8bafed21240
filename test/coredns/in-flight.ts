/** Some work at once, all of it in the end. */

/** Questions at once, of each variant: all together fewer than a socket's buffer holds. */
const IN_FLIGHT = 16;

export async function inFlight<T>(
  all: readonly T[],
  act: (one: T) => Promise<void>,
): Promise<void> {
  const left = all.values();
  const work = async () => {
    for (const one of left) await act(one);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
}
