import { startEmbeddedEtcd } from "@goverse/embedded-etcd";
import type { Etcd3, IRequestOp } from "etcd3";
import { vi } from "vitest";
import { outcome, rawClient, type RecordedWatch, recordWatch, type WatchMessage } from "./raw-client.ts";
import { startRealEtcd } from "./real-etcd.ts";

/** What waiting for a message or an expiry may take on a loaded machine. */
const WAIT_TIMEOUT_MS = 15_000;

/** A server under test with a client that is closed with it. */
export interface Target {
  readonly client: Etcd3;
  stop(): Promise<void>;
}

/** Starts the embedded server. */
export async function embeddedTarget(): Promise<Target> {
  const server = await startEmbeddedEtcd();
  return targetFor(server.address, () => server.stop());
}

/** Starts a real etcd. */
export async function realTarget(): Promise<Target> {
  const server = await startRealEtcd();
  return targetFor(server.address, () => server.stop());
}

function targetFor(address: string, stop: () => Promise<void>): Target {
  const client = rawClient(address);
  return {
    client,
    stop: async () => {
      client.close();
      await stop();
    },
  };
}

let lastFolder = 0;

/** One behaviour's own corner of a server: keys below a folder nobody else uses, revisions relative to its start. */
export class Corner {
  readonly client: Etcd3;
  readonly folder: string;
  readonly #watches: RecordedWatch[] = [];

  constructor(client: Etcd3) {
    this.client = client;
    this.folder = `/contract/${++lastFolder}/`;
  }

  /** The key `name` in this corner. */
  key(name: string): Buffer {
    return Buffer.from(this.folder + name);
  }

  /** Start and end of all keys of this corner. */
  all(): { key: Buffer; range_end: Buffer } {
    return { key: this.key(""), range_end: Buffer.from(`${this.folder.slice(0, -1)}0`) };
  }

  /** Writes a key and returns the revision. */
  async put(name: string, value: string = "", lease: string = "0"): Promise<number> {
    const { header } = await this.client.kv.put({ key: this.key(name), value: Buffer.from(value), lease });
    return Number(header.revision);
  }

  /** Deletes a key and returns the revision. */
  async delete(name: string): Promise<number> {
    const { header } = await this.client.kv.deleteRange({ key: this.key(name) });
    return Number(header.revision);
  }

  /** The value of a key, `undefined` when it is absent. */
  async value(name: string): Promise<string | undefined> {
    const { kvs } = await this.client.kv.range({ key: this.key(name) });
    return kvs[0]?.value.toString();
  }

  /** A put as an operation of a transaction. */
  putOp(name: string, value: string = ""): IRequestOp {
    return { request_put: { key: this.key(name), value: Buffer.from(value) } };
  }

  /** Names without the folder, from keys. */
  names(kvs: readonly { readonly key: Buffer }[]): string[] {
    return kvs.map(({ key }) => key.toString().slice(this.folder.length));
  }

  /** The text of the error a call is answered with. */
  async error(call: Promise<unknown>): Promise<string> {
    return String(await outcome(call));
  }

  /** Opens a watch stream that is closed at the end of the behaviour. */
  async watch(): Promise<RecordedWatch> {
    const watch = await recordWatch(this.client);
    this.#watches.push(watch);
    return watch;
  }

  close(): void {
    for (const watch of this.#watches) watch.close();
  }
}

/** The first `count` messages that `wanted` accepts. */
export async function messages(
  watch: RecordedWatch,
  count: number,
  wanted: (message: WatchMessage) => boolean = () => true,
): Promise<readonly WatchMessage[]> {
  await until(() => watch.messages.filter(wanted).length >= count);
  return watch.messages.filter(wanted).slice(0, count);
}

/** The first `count` events, whichever messages they came in. */
export async function events(watch: RecordedWatch, count: number): Promise<readonly WatchEventText[]> {
  const received = (): WatchEventText[] => watch.messages.flatMap((message) => message.events.map(eventText));
  await until(() => received().length >= count);
  return received().slice(0, count);
}

/** Waits for a condition. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitUntil(condition, { timeout: WAIT_TIMEOUT_MS, interval: 10 });
}

/** An event as `"put a=1"`, `"put a=1 was 0"`, `"delete a"` or `"delete a was 1"`. */
export type WatchEventText = string;

function eventText(event: Record<string, unknown>): WatchEventText {
  const kv = event["kv"] as { readonly key: string; readonly value: string };
  const previous = event["prev_kv"] as { readonly value: string } | null;
  const name = kv.key.slice(kv.key.lastIndexOf("/") + 1);
  const text = event["type"] === "Put" ? `put ${name}=${kv.value}` : `delete ${name}`;
  return previous === null ? text : `${text} was ${previous.value}`;
}
