import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A link that can be made to fail. It never loses bytes of an open connection: that would be another fault than a network has. */
export interface TcpProxy {
  /** `127.0.0.1:PORT`, to connect to. */
  readonly address: string;
  /** Both directions stand still; new connections are accepted and stand still too. */
  pause(): void;
  /** What was held back goes on. */
  resume(): void;
  /** Ends every connection; new ones are possible at once, unless paused. */
  cut(): void;
  close(): Promise<void>;
}

/** Starts a proxy before `target` (`host:port`). */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const [host = "", port = ""] = target.split(":");
  const sockets = new Set<Socket>();
  let paused = false;
  const hold = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    if (paused) socket.pause();
  };
  const server = createServer((client) => {
    const upstream = connect({ host, port: Number(port) });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on("data", (chunk) => to.write(chunk));
      from.on("close", () => to.destroy());
      hold(from);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    pause: () => {
      paused = true;
      for (const socket of sockets) socket.pause();
    },
    resume: () => {
      paused = false;
      for (const socket of sockets) socket.resume();
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
