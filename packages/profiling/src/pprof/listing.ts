import type { Sample, Snapshot } from "./snapshot.ts";

/** Longer listings help nobody who reads them; the profile itself has everything. */
const MAX_LISTED = 1000;

/** The text of `debug=1`: every stack with its values, the largest first. */
export function writeListing(name: string, snapshot: Snapshot): string {
  const { valueTypes, samples, comments } = snapshot;
  const shown = Math.max(
    0,
    valueTypes.findIndex(({ type }) => type === snapshot.defaultType),
  );
  const sorted = [...samples].sort((a, b) => (b.values[shown] ?? 0) - (a.values[shown] ?? 0));
  const total = samples.reduce((sum, { values }) => sum + (values[shown] ?? 0), 0);
  const heading = `${name} profile: total ${Math.round(total)} ${valueTypes[shown]?.unit ?? ""} in ${samples.length} stacks`;
  const more = sorted.length > MAX_LISTED ? [`… and ${sorted.length - MAX_LISTED} stacks more`] : [];
  const stacks = sorted.slice(0, MAX_LISTED).map((sample) => writeSample(sample, snapshot));
  return `${[heading, ...comments.map((line) => `# ${line}`), "", ...stacks, ...more].join("\n")}\n`;
}

function writeSample({ stack, values, labels }: Sample, { valueTypes }: Snapshot): string {
  const counted = valueTypes.map(({ type, unit }, index) => `${Math.round(values[index] ?? 0)} ${type}/${unit}`);
  const beside = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  const frames = stack.map(({ name, file, line }) => `#\t${name}${file === "" ? "" : `\t${file}:${line}`}`);
  return `${[...counted, ...beside].join(", ")}\n${frames.join("\n")}\n`;
}
