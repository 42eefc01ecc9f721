import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { PeerCall, PeerReply } from "@goverse/protocol/grpc";
// The very codec of links, which is no part of the package's API: the baseline differs in the transport alone.
import { FrameBuffer } from "../../../packages/protocol/src/grpc/link/frame-buffer.ts";
import { type FrameSink, readFrame } from "../../../packages/protocol/src/grpc/link/read-frame.ts";
import { BatchingWriter } from "../../../packages/protocol/src/grpc/link/batching-writer.ts";

const HEADER_BYTES = 4;

/** Cuts a stream of bytes into frames that begin with their length. */
function onFrames(socket: Socket, onFrame: (frame: Buffer) => void): void {
  let rest: Buffer | undefined;
  socket.on("data", (chunk: Buffer) => {
    const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const end = at + HEADER_BYTES + bytes.readUInt32BE(at);
      if (end > bytes.length) break;
      onFrame(bytes.subarray(at + HEADER_BYTES, end));
      at = end;
    }
    rest = at === bytes.length ? undefined : bytes.subarray(at);
  });
}

function writerTo(socket: Socket, buffer: FrameBuffer): BatchingWriter {
  socket.setNoDelay(true);
  return new BatchingWriter(
    {
      write: (frame, onWritten) => {
        const header = Buffer.allocUnsafe(HEADER_BYTES);
        header.writeUInt32BE(frame.length);
        socket.cork();
        socket.write(header);
        const room = socket.write(frame, onWritten);
        socket.uncork();
        return room;
      },
    },
    buffer,
  );
}

const none = (): void => {};

/** Answers calls over plain TCP. @returns The port. */
export function serveTcp(serve: (call: PeerCall) => Promise<PeerReply>): Promise<number> {
  const server = createServer((socket) => {
    const buffer = new FrameBuffer();
    const writer = writerTo(socket, buffer);
    const onCall: FrameSink["onCall"] = (call) => {
      void serve(call).then(({ payload, epoch }) => {
        buffer.addReply({ seq: call.seq, payload, epoch, error: undefined, onBulk: false });
        writer.wake();
      });
    };
    onFrames(socket, (frame) => readFrame(frame, { onCall, onReply: none, onControl: none }));
    socket.on("error", none);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
}

/** Calls over plain TCP. */
export function callTcp(port: number): (call: PeerCall) => Promise<PeerReply> {
  const socket = connect(port, "127.0.0.1");
  const buffer = new FrameBuffer();
  const writer = writerTo(socket, buffer);
  const pending = new Map<number, (reply: PeerReply) => void>();
  let seq = 0;
  const onReply: FrameSink["onReply"] = ({ seq: answered, payload, epoch }) => {
    pending.get(answered)?.({ payload, epoch });
    pending.delete(answered);
  };
  onFrames(socket, (frame) => readFrame(frame, { onCall: none, onReply, onControl: none }));
  return (call) => {
    seq += 1;
    buffer.addCall(call, { seq, remainingMs: 10_000, repeatable: false });
    writer.wake();
    return new Promise((resolve) => pending.set(seq, resolve));
  };
}
