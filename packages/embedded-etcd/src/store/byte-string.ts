/**
 * Bytes as a JavaScript string with one character (0–255) per byte.
 *
 * Comparing two of them compares their bytes, they are immutable, and they serve as map keys: that is why the store works on
 * them. ASCII text is its own byte string; other text has to pass through {@link bytesToByteString} once.
 */
export type ByteString = string;

/** Turns bytes into the store's form. */
export function bytesToByteString(bytes: Uint8Array): ByteString {
  if (bytes.byteLength === 0) return "";
  // What comes from the wire is a Buffer already; another view of it would cost more than the conversion.
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString("latin1");
}

/** Turns the store's form back into bytes. */
export function byteStringToBytes(text: ByteString): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(text, "latin1");
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The `rangeEnd` with which a range covers exactly the keys that start with `prefix`; etcd's "from here on" when nothing follows. */
export function prefixEnd(prefix: ByteString): ByteString {
  for (let index = prefix.length - 1; index >= 0; index--) {
    const code = prefix.charCodeAt(index);
    if (code < 0xff) return prefix.slice(0, index) + String.fromCharCode(code + 1);
  }
  return "\0";
}
