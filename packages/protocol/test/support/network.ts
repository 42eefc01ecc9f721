import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A TCP listener on a free port. */
export interface Listener {
  readonly port: number;
  /** The connections that are open now. */
  readonly sockets: ReadonlySet<Socket>;
  close(): void;
}

/** Listens and hands every connection to `onSocket`. */
export async function listen(onSocket: (socket: Socket) => void): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    onSocket(socket);
  });
  const port = await portOf(server);
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port, sockets, close };
}

/** A proxy to a port of this machine. Cut its sockets to cut the network. */
export function proxyTo(port: number): Promise<Listener> {
  return listen((socket) => {
    const onward = connect(port, "127.0.0.1");
    onward.on("error", () => {});
    socket.on("close", () => onward.destroy());
    socket.pipe(onward);
    onward.pipe(socket);
  });
}

/** A port where nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await portOf(server);
  server.close();
  await once(server, "close");
  return port;
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
