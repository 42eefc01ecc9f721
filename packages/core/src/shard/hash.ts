/** Number of shards of a cluster unless configured otherwise. The same in every process of a cluster, for its whole life. */
export const DEFAULT_SHARD_COUNT = 8192;

/** FNV-1a, 32 bits, over the UTF-8 bytes of `text` (http://www.isthe.com/chongo/tech/comp/fnv/). Encodes on the fly, allocates nothing. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.codePointAt(i) as number;
    if (code < 0x80) {
      hash = mix(hash, code);
    } else if (code < 0x800) {
      hash = mix(hash, 0xc0 | (code >> 6));
      hash = mix(hash, 0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
      hash = mix(hash, 0xe0 | (code >> 12));
      hash = mix(hash, 0x80 | ((code >> 6) & 0x3f));
      hash = mix(hash, 0x80 | (code & 0x3f));
    } else {
      i += 1; // the second half of the surrogate pair
      hash = mix(hash, 0xf0 | (code >> 18));
      hash = mix(hash, 0x80 | ((code >> 12) & 0x3f));
      hash = mix(hash, 0x80 | ((code >> 6) & 0x3f));
      hash = mix(hash, 0x80 | (code & 0x3f));
    }
  }
  return hash >>> 0;
}

function mix(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

/** The shard of a hashed object id: `fnv1a32(id) mod shardCount`. */
export function shardOf(id: string, shardCount: number): number {
  return fnv1a32(id) % shardCount;
}
