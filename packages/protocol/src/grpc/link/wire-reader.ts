/** Bytes that are no frame of the protocol. The link they came over is ended. */
export class MalformedFrame extends Error {
  override readonly name = "MalformedFrame";
}

/** Most bytes of a number on the protobuf wire. */
const MAX_VARINT_BYTES = 10;
const MAX_UINT32 = 0xffff_ffff;

/** Reads the protobuf wire. Never past `end`, and without copying: what it returns of bytes shares their memory. */
export class WireReader {
  readonly bytes: Buffer;
  position = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Field number and wire type, as one number. */
  tag(end: number): number {
    return this.uint32(end);
  }

  uint32(end: number): number {
    const value = this.#varint(end);
    if (value > MAX_UINT32) throw new MalformedFrame("a number has more than 32 bits");
    return value;
  }

  /** A 64-bit number. Those that a double cannot hold are refused: ours are revisions of etcd and stay far below. */
  uint64(end: number): number {
    const value = this.#varint(end);
    if (value > Number.MAX_SAFE_INTEGER) throw new MalformedFrame("a number has more than 53 bits");
    return value;
  }

  bool(end: number): boolean {
    return this.#varint(end) !== 0;
  }

  /** Where the message, string or bytes that begin here end. */
  endOfField(end: number): number {
    const length = this.#varint(end);
    if (length > end - this.position) throw new MalformedFrame("a field is longer than its message");
    return this.position + length;
  }

  string(end: number): string {
    const stop = this.endOfField(end);
    const text = this.bytes.toString("utf8", this.position, stop);
    this.position = stop;
    return text;
  }

  subarray(end: number): Buffer {
    const stop = this.endOfField(end);
    const bytes = this.bytes.subarray(this.position, stop);
    this.position = stop;
    return bytes;
  }

  /** Passes over the value of an unknown field. */
  skip(tag: number, end: number): void {
    const wireType = tag & 7;
    if (wireType === 0) this.#varint(end);
    else if (wireType === 1) this.#advance(8, end);
    else if (wireType === 2) this.position = this.endOfField(end);
    else if (wireType === 5) this.#advance(4, end);
    else throw new MalformedFrame(`wire type ${wireType} is not in use`);
  }

  #advance(count: number, end: number): void {
    if (count > end - this.position) throw new MalformedFrame("a field is longer than its message");
    this.position += count;
  }

  #varint(end: number): number {
    const { bytes } = this;
    let position = this.position;
    let value = 0;
    let factor = 1;
    for (let count = 0; count < MAX_VARINT_BYTES; count += 1) {
      if (position >= end) throw new MalformedFrame("a number ends in the middle");
      const byte = bytes[position++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) {
        this.position = position;
        return value;
      }
      factor *= 128;
    }
    throw new MalformedFrame("a number has more than ten bytes");
  }
}
