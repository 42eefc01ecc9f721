import type { AddressInfo } from "node:net";
import type { Server } from "node:http";
import Koa from "koa";
import { Profile } from "pprof-format";
import { gunzipSync } from "node:zlib";
import { createProfiling, type Profiling, type ProfilingOptions } from "../../src/index.ts";

/** A small service of this process that has nothing but profiles. */
export interface Service {
  readonly url: string;
  readonly server: Server;
  readonly profiling: Profiling;
  get(path: string, init?: RequestInit): Promise<Response>;
  stop(): Promise<void>;
}

/** Serves `/debug/pprof` on a free port; `started: false` leaves out what is sampled all the time. */
export async function startService(
  options: ProfilingOptions = {},
  { started = true }: { readonly started?: boolean } = {},
): Promise<Service> {
  const profiling = createProfiling(options);
  const app = new Koa();
  app.silent = true;
  app.use(profiling.router.routes());
  const server = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  if (started) await profiling.start();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    server,
    profiling,
    get: (path, init) => fetch(`${url}/debug/pprof${path}`, { redirect: "manual", ...init }),
    stop: async () => {
      await profiling.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One sample with everything looked up. */
export interface DecodedSample {
  /** Names, leaf first. */
  readonly names: readonly string[];
  readonly files: readonly string[];
  readonly values: readonly number[];
  readonly labels: Readonly<Record<string, string | number>>;
}

/** A profile as its reader sees it. */
export interface Decoded {
  readonly types: readonly string[];
  readonly defaultType: string;
  readonly period: number;
  readonly durationMs: number;
  readonly comments: readonly string[];
  readonly samples: readonly DecodedSample[];
  /** Adds up one value over the samples whose stack has a matching name. */
  sum(type: string, name?: RegExp, place?: "leaf" | "anywhere"): number;
}

/** Reads a gzipped profile back. */
function decode(body: Uint8Array): Decoded {
  const profile = Profile.decode(gunzipSync(body));
  const text = (index: number | bigint): string => profile.stringTable.strings[Number(index)] ?? "";
  const functions = new Map(profile.function.map((one) => [Number(one.id), one]));
  const locations = new Map(
    profile.location.map((one) => [Number(one.id), functions.get(Number(one.line[0]?.functionId ?? 0))]),
  );
  const types = profile.sampleType.map((type) => `${text(type.type)}/${text(type.unit)}`);
  const samples = profile.sample.map((sample) => ({
    names: sample.locationId.map((id) => text(locations.get(Number(id))?.name ?? 0)),
    files: sample.locationId.map((id) => text(locations.get(Number(id))?.filename ?? 0)),
    // Decoded without their sign.
    values: sample.value.map((value) => Number(BigInt.asIntN(64, BigInt(value)))),
    labels: Object.fromEntries(
      sample.label.map(({ key, str, num }) => [text(key), Number(str) === 0 ? Number(num) : text(str)]),
    ),
  }));
  return {
    types,
    defaultType: text(profile.defaultSampleType),
    period: Number(profile.period),
    durationMs: Number(profile.durationNanos) / 1e6,
    comments: profile.comment.map((index) => text(index)),
    samples,
    sum: (type, name = /^/, place = "anywhere") => {
      const index = types.findIndex((one) => one.startsWith(`${type}/`));
      return samples
        .filter(({ names }) => (place === "leaf" ? names.slice(0, 1) : names).some((one) => name.test(one)))
        .reduce((sum, { values }) => sum + (values[index] ?? 0), 0);
    },
  };
}

/** The profile in an answer. Throws when it is none. */
export async function decodeAnswer(response: Response): Promise<Decoded> {
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  return decode(new Uint8Array(await response.arrayBuffer()));
}

/** Keeps the thread busy, in a function of its own that the engine cannot fold into another. */
export function burn(durationMs: number): number {
  const endMs = performance.now() + durationMs;
  let sum = 0;
  while (performance.now() < endMs) for (let i = 0; i < 1000; i += 1) sum += Math.sqrt(sum + i);
  return sum;
}
