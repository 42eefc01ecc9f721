/** Longest wait for a condition: generous, because other programs share the machine. */
const PATIENCE_MS = 15_000;
const LOOK_INTERVAL_MS = 5;

/** Waits until `condition` holds. @throws Error that says what was waited for, and what `describe` says instead. */
export async function until(
  what: string,
  condition: () => boolean,
  describe: () => unknown = () => "",
  patienceMs: number = PATIENCE_MS,
): Promise<void> {
  const giveUpAtMs = performance.now() + patienceMs;
  while (!condition()) {
    if (performance.now() > giveUpAtMs) throw new Error(`waited in vain until ${what}: ${JSON.stringify(describe())}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
  }
}
