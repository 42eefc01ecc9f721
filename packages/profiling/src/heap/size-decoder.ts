/** Objects of one size that were estimated from samples. */
export interface DecodedSize {
  /** Bytes of one object. */
  readonly size: number;
  readonly objects: number;
}

/** Combinations that are tried for one call site; beyond it the likeliest sizes are taken. */
const MAX_TRIES = 20_000;
/** Weight of a size that has not been seen yet, so that it stays possible. */
const UNSEEN = 0.01;
/** How much less likely a size of twice the bytes is: small objects are more frequent. */
const DOUBLE_PENALTY = 0.2;
/** Every object in V8's heap is a multiple of this long, at least two of them. */
const WORD_BYTES = 8;

/**
 * Recovers how many objects the engine's heap samples stand for.
 *
 * V8 scales a sample to `size × round(1 / (1 − e^(−size / interval)))` and returns only that product. With an interval that many
 * numbers divide the product betrays the size: few sizes give the same one, and the sum of a call site tells which.
 */
export class SizeDecoder {
  readonly #interval: number;
  readonly #candidates = new Map<number, readonly number[]>();
  /** How often each size was decided for, which settles ties. */
  readonly #seen = new Map<number, number>();

  /** @param interval bytes between two samples, on average */
  constructor(interval: number) {
    this.#interval = interval;
  }

  /** How many objects of `size` bytes V8 takes `samples` of them for. */
  objectsOf(size: number, samples = 1): number {
    return Math.floor(samples / (1 - Math.exp(-size / this.#interval)) + 0.5);
  }

  /**
   * Splits the samples of one call site into sizes and objects.
   *
   * @param counts how many samples had each reported size
   * @param selfBytes what V8 says the site holds, scaled size by size
   */
  decode(counts: ReadonlyMap<number, number>, selfBytes: number): ReadonlyMap<number, DecodedSize> {
    const groups = [...counts].map(([reported, samples]) => ({
      reported,
      samples,
      sizes: this.#sizesOf(reported),
    }));
    const best = this.#fit(groups, selfBytes);
    return new Map(
      groups.map(({ reported, samples, sizes }, index) => {
        const size = best?.[index] ?? this.#likeliest(sizes);
        this.#seen.set(size, (this.#seen.get(size) ?? 0) + samples);
        return [reported, { size, objects: this.objectsOf(size, samples) }];
      }),
    );
  }

  /** Sizes that V8 would report as `reported`. */
  #sizesOf(reported: number): readonly number[] {
    const known = this.#candidates.get(reported);
    if (known !== undefined) return known;
    const words = reported / WORD_BYTES;
    const sizes: number[] = [];
    for (let divisor = 1; Number.isInteger(words) && divisor * divisor <= words; divisor += 1) {
      if (words % divisor !== 0) continue;
      for (const factor of new Set([divisor, words / divisor])) {
        const size = WORD_BYTES * factor;
        if (factor > 1 && size * this.objectsOf(size) === reported) sizes.push(size);
      }
    }
    const found = sizes.length > 0 ? sizes.sort((a, b) => a - b) : [reported];
    this.#candidates.set(reported, found);
    return found;
  }

  /** The likeliest combination of sizes that adds up to what V8 says. */
  #fit(
    groups: readonly { readonly samples: number; readonly sizes: readonly number[] }[],
    selfBytes: number,
  ): readonly number[] | undefined {
    let best: readonly number[] | undefined;
    let bestScore = Number.NEGATIVE_INFINITY;
    let tries = 0;
    const chosen: number[] = [];
    const visit = (index: number, bytes: number, score: number): void => {
      tries += 1;
      if (tries > MAX_TRIES) return;
      const group = groups[index];
      if (group === undefined) {
        if (bytes !== selfBytes || score <= bestScore) return;
        best = [...chosen];
        bestScore = score;
        return;
      }
      for (const size of group.sizes) {
        chosen.push(size);
        visit(index + 1, bytes + size * this.objectsOf(size, group.samples), score + this.#score(size));
        chosen.pop();
      }
    };
    visit(0, 0, 0);
    return best;
  }

  #likeliest(sizes: readonly number[]): number {
    return [...sizes].sort((a, b) => this.#score(b) - this.#score(a))[0] ?? 0;
  }

  #score(size: number): number {
    return Math.log((this.#seen.get(size) ?? 0) + UNSEEN) - DOUBLE_PENALTY * Math.log2(size);
  }
}
