import { type Clock, GoverseError, type Logger, type Timer } from "@goverse/core";
import type { ConnectionState } from "./client.ts";
import type { EventStreamHandlers, Transport } from "./transport.ts";

/** Silence after which a stream is given up, in milliseconds: gates send a heartbeat every 15 s, so two were missed. */
export const SILENCE_LIMIT_MS = 40_000;
/** How long a gate may take to give this client an id, in milliseconds. */
export const REGISTRATION_LIMIT_MS = 10_000;
/** Ceiling of the first pause before another attempt, in milliseconds. The clients of a gate that died must not return together. */
export const FIRST_PAUSE_MS = 500;
/** Ceiling of every pause, in milliseconds. */
export const LONGEST_PAUSE_MS = 10_000;
/** A connection that lived this long was a good one, in milliseconds: the pauses begin again from the shortest. */
export const GOOD_CONNECTION_MS = 5000;

const FINAL_REFUSALS: ReadonlySet<string> = new Set(["UNAUTHENTICATED", "PERMISSION_DENIED"]);

/** What a {@link Connection} works with, and whom it tells. */
export interface ConnectionOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Which gate to try first. */
  readonly firstGate: () => number;
  readonly handlers: Pick<EventStreamHandlers, "onEvent" | "onUnreadable">;
  readonly onState: (state: ConnectionState) => void;
  /** An attempt failed, or a connection was lost. `final` when there will be no other attempt. */
  readonly onFailure: (error: GoverseError, final: boolean) => void;
}

interface Registration {
  readonly clientId: string;
  readonly gate: number;
  readonly sinceMs: number;
}

/** The stream of events, kept open: a lost one is opened again, at the next gate, after a growing pause with full jitter. */
export class Connection {
  readonly #options: ConnectionOptions;
  #running = false;
  #failures = 0;
  #stream: { close(): void } | undefined;
  #timer: Timer | undefined;
  #registration: Registration | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get clientId(): string | undefined {
    return this.#registration?.clientId;
  }

  /** The gate that this client is connected to now. */
  get gate(): number | undefined {
    return this.#registration?.gate;
  }

  /** Begins, or goes on. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#open(this.#options.firstGate());
  }

  /** Ends it, for now or for good. */
  stop(): void {
    this.#running = false;
    this.#closeStream();
    this.#setRegistration(undefined);
  }

  #open(gate: number): void {
    const { transport, handlers } = this.#options;
    let current = true;
    const unlessReplaced = (act: () => void): void => {
      if (current) act();
    };
    let lastSignMs = this.#options.clock.monotonicMs();
    const end = (error: GoverseError | undefined): void =>
      unlessReplaced(() => {
        current = false;
        this.#lost(gate, lossOf(error));
      });
    const stream = transport.openEvents(gate, {
      onRegistered: (clientId) =>
        unlessReplaced(() => {
          if (transport.heartbeats) this.#watch(SILENCE_LIMIT_MS, () => lastSignMs, end);
          else this.#timer?.cancel();
          this.#setRegistration({ clientId, gate, sinceMs: this.#options.clock.monotonicMs() });
        }),
      onEvent: (event) => unlessReplaced(() => handlers.onEvent(event)),
      onUnreadable: (error) => unlessReplaced(() => handlers.onUnreadable(error)),
      onAlive: () => {
        lastSignMs = this.#options.clock.monotonicMs();
      },
      onEnd: end,
    });
    this.#stream = {
      close: () => {
        current = false;
        stream.close();
      },
    };
    const openedMs = lastSignMs;
    this.#watch(REGISTRATION_LIMIT_MS, () => openedMs, end);
  }

  /** Gives the stream up when nothing has come for `limitMs`. Looks at a time instead of setting a timer for every message. */
  #watch(limitMs: number, lastSignMs: () => number, end: (error: GoverseError) => void): void {
    this.#timer?.cancel();
    const leftMs = lastSignMs() + limitMs - this.#options.clock.monotonicMs();
    if (leftMs <= 0) return end(new GoverseError("UNAVAILABLE", `the gate was silent for ${limitMs} ms`));
    this.#timer = this.#options.clock.setTimer(leftMs, () => this.#watch(limitMs, lastSignMs, end));
  }

  #lost(gate: number, error: GoverseError): void {
    const { transport, clock, logger, random, onFailure } = this.#options;
    const livedMs = this.#registration === undefined ? 0 : clock.monotonicMs() - this.#registration.sinceMs;
    this.#failures = livedMs >= GOOD_CONNECTION_MS ? 0 : this.#failures + 1;
    this.#closeStream();
    const final = FINAL_REFUSALS.has(error.code);
    if (final) this.#running = false;
    const pauseMs = reconnectPauseMs(this.#failures, random());
    const next = (gate + 1) % transport.gates.length;
    logger.warn("no connection to the gate", { gate: transport.gates[gate], error, final, pauseMs });
    if (!final) this.#timer = clock.setTimer(pauseMs, () => this.#open(next));
    // Last, because listeners may close the client.
    this.#setRegistration(undefined);
    onFailure(error, final);
  }

  #closeStream(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.close();
  }

  #setRegistration(registration: Registration | undefined): void {
    const before = this.#registration;
    this.#registration = registration;
    if (registration !== undefined) {
      const gate = this.#options.transport.gates[registration.gate] ?? "";
      this.#options.onState({ connected: true, clientId: registration.clientId, gate });
    } else if (before !== undefined) {
      this.#options.onState({ connected: false });
    }
  }
}

/** Nothing runs on a stream, so there is no outcome to be unknown. */
function lossOf(error: GoverseError | undefined): GoverseError {
  if (error === undefined) return new GoverseError("UNAVAILABLE", "the gate ended the connection");
  if (error.code !== "UNKNOWN_OUTCOME") return error;
  return new GoverseError("UNAVAILABLE", error.message, error.details, { cause: error });
}

/** Pause before the next attempt: full jitter under a ceiling that doubles with every failure in a row. */
export function reconnectPauseMs(failures: number, random: number): number {
  const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(Math.max(failures - 1, 0), 10));
  return random * ceiling;
}
