import { promisify } from "node:util";
import { gzip } from "node:zlib";
import {
  Profile,
  StringTable,
  Function as PprofFunction,
  Label,
  Line,
  Location,
  Mapping,
  Sample as PprofSample,
  ValueType as PprofValueType,
} from "pprof-format";
import type { Frame, Labels, Snapshot, ValueType } from "./snapshot.ts";

const compress = promisify(gzip);
const NANOSECONDS_PER_MS = 1_000_000n;

/** The snapshot as a gzipped `profile.proto`, which is what every reader of pprof takes. */
export async function encodeSnapshot(snapshot: Snapshot): Promise<Buffer> {
  return compress(new SnapshotEncoder(snapshot).encode());
}

/** Builds the tables of one profile: each string, function, location and stack is written once. */
class SnapshotEncoder {
  readonly #snapshot: Snapshot;
  readonly #strings = new StringTable();
  readonly #functions: PprofFunction[] = [];
  readonly #locations: Location[] = [];
  readonly #functionIds = new Map<string, number>();
  readonly #locationIds = new Map<string, number>();
  /** Frames are shared, so most are found without building a key. */
  readonly #locationOf = new Map<Frame, number>();

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
  }

  encode(): Uint8Array {
    const { valueTypes, defaultType, periodType, period, comments, takenAtMs, durationMs } = this.#snapshot;
    const sample = this.#samples();
    return new Profile({
      sampleType: valueTypes.map((type) => this.#valueType(type)),
      sample,
      // Says that everything is symbolised, so that pprof asks nobody for names.
      mapping: [
        new Mapping({
          id: 1,
          filename: this.#strings.dedup(process.argv[1] ?? "node"),
          hasFunctions: true,
          hasFilenames: true,
          hasLineNumbers: true,
        }),
      ],
      location: this.#locations,
      function: this.#functions,
      timeNanos: BigInt(Math.round(takenAtMs)) * NANOSECONDS_PER_MS,
      durationNanos: BigInt(Math.round(durationMs)) * NANOSECONDS_PER_MS,
      periodType: this.#valueType(periodType),
      period,
      comment: comments.map((line) => this.#strings.dedup(line)),
      defaultSampleType: this.#strings.dedup(defaultType),
      stringTable: this.#strings,
    }).encode();
  }

  /** Samples of equal stacks and labels are one; what adds up to nothing is left out. */
  #samples(): PprofSample[] {
    const merged = new Map<string, { locations: number[]; values: number[]; labels: Labels | undefined }>();
    for (const { stack, values, labels } of this.#snapshot.samples) {
      const locations = stack.map((frame) => this.#locate(frame));
      const key = labels === undefined ? locations.join() : `${locations.join()} ${JSON.stringify(labels)}`;
      const known = merged.get(key);
      if (known === undefined) merged.set(key, { locations, values: [...values], labels });
      else for (const [index, value] of values.entries()) known.values[index] = (known.values[index] ?? 0) + value;
    }
    return [...merged.values()]
      .map(({ locations, values, labels }) => ({ locations, values: values.map(Math.round), labels }))
      .filter(({ values }) => values.some((value) => value !== 0))
      .map(
        ({ locations, values, labels = {} }) =>
          new PprofSample({ locationId: locations, value: values, label: this.#labels(labels) }),
      );
  }

  #labels(labels: Labels): Label[] {
    return Object.entries(labels).map(([key, value]) => {
      const name = this.#strings.dedup(key);
      return new Label(
        typeof value === "number" ? { key: name, num: value } : { key: name, str: this.#strings.dedup(value) },
      );
    });
  }

  #locate(frame: Frame): number {
    const known = this.#locationOf.get(frame);
    if (known !== undefined) return known;
    const functionId = this.#function(frame);
    const key = `${functionId}:${frame.line}`;
    let id = this.#locationIds.get(key);
    if (id === undefined) {
      id = this.#locations.length + 1;
      this.#locationIds.set(key, id);
      this.#locations.push(new Location({ id, mappingId: 1, line: [new Line({ functionId, line: frame.line })] }));
    }
    this.#locationOf.set(frame, id);
    return id;
  }

  #function({ name, systemName, file, startLine }: Frame): number {
    const key = `${name}\0${file}\0${startLine}`;
    const known = this.#functionIds.get(key);
    if (known !== undefined) return known;
    const id = this.#functions.length + 1;
    this.#functionIds.set(key, id);
    const text = (value: string): number => this.#strings.dedup(value);
    this.#functions.push(
      new PprofFunction({ id, name: text(name), systemName: text(systemName), filename: text(file), startLine }),
    );
    return id;
  }

  #valueType({ type, unit }: ValueType): PprofValueType {
    return new PprofValueType({ type: this.#strings.dedup(type), unit: this.#strings.dedup(unit) });
  }
}
