/** Takes up to `count` values out of a set, those first that came first. */
export function takeFirst<T>(set: Set<T>, count: number): T[] {
  const taken: T[] = [];
  for (const value of set) {
    if (taken.length === count) break;
    taken.push(value);
  }
  for (const value of taken) set.delete(value);
  return taken;
}
