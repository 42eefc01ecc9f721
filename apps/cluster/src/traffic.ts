import { type Client, createClient } from "@goverse/client";
import { createGrpcClient } from "@goverse/client/grpc";
import { ChatClient, ChatRoom, MAX_TEXT_LENGTH } from "@goverse/example-chat";

/** Share of the calls that fail on purpose, so that dashboards have failures to show. */
const FAILING_SHARE = 0.02;
/** Clients that send: enough for several rooms and both doors, few enough to start at once. */
const CLIENT_COUNT = 10;
const ROOM_COUNT = 20;

/** What the traffic has done so far. */
export interface TrafficCounts {
  readonly sent: number;
  readonly failedOnPurpose: number;
  readonly failedOtherwise: number;
}

/** Steady chat calls through the gates. */
export interface Traffic {
  counts(): TrafficCounts;
  stop(): Promise<void>;
}

/** Where the gates are: both doors are used. */
export interface TrafficTargets {
  readonly grpc: readonly string[];
  readonly http: readonly string[];
}

/**
 * Sends `callsPerSecond` chat calls a second from real clients, half over gRPC and half over HTTP, on a fixed schedule: a slow
 * cluster gets no rest.
 */
export async function startTraffic(targets: TrafficTargets, callsPerSecond: number): Promise<Traffic> {
  const clients = Array.from({ length: CLIENT_COUNT }, (_, index): Client =>
    index % 2 === 0 ? createGrpcClient({ gates: targets.grpc }) : createClient({ gates: targets.http }),
  );
  await Promise.all(clients.map((client, index) => greet(client, index)));
  const counts = { sent: 0, failedOnPurpose: 0, failedOtherwise: 0 };
  const startMs = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - startMs) / 1000) * callsPerSecond;
    for (; counts.sent < due; counts.sent += 1) sendOne(clients, counts.sent, counts);
  }, 20);
  return {
    counts: () => counts,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

async function greet(client: Client, index: number): Promise<void> {
  const me = client.object(ChatClient, `robot-${index}`);
  client.onConnection(({ connected }) => {
    // What does not get through now is repeated with the next connection.
    if (connected) me.Connect().catch(() => {});
  });
  await client.connect();
  await me.JoinRoom({ room: roomName(index) });
}

function sendOne(
  clients: readonly Client[],
  index: number,
  counts: { failedOnPurpose: number; failedOtherwise: number },
): void {
  const client = clients[index % clients.length];
  if (client === undefined) return;
  const fails = Math.floor(index * FAILING_SHARE) !== Math.floor((index + 1) * FAILING_SHARE);
  const text = fails ? "far too long ".repeat(MAX_TEXT_LENGTH) : `message ${index}`;
  client
    // Shifted with every round of failures, so that these do not all meet in one room.
    .object(ChatRoom, roomName(index + Math.floor(index * FAILING_SHARE)))
    .$try.SendMessage({ from: `robot-${index % clients.length}`, text })
    .then(
      (result) => {
        if (!result.ok) counts.failedOnPurpose += 1;
      },
      () => {
        counts.failedOtherwise += 1;
      },
    );
}

function roomName(index: number): string {
  return `robots-${index % ROOM_COUNT}`;
}
