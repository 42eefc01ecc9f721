import { type Frame, namedFrame } from "./snapshot.ts";

/** Values that one stack has added up. */
export interface StackTotal {
  readonly stack: readonly Frame[];
  readonly values: readonly number[];
}

/** Distinct stacks of a large program; what comes after them is charged to one name. */
const MAX_STACKS = 20_000;
const OTHER: readonly Frame[] = [namedFrame("(other stacks)")];

/** Values added up for ever, by stack. Sums only grow: scrapers take differences. */
export class StackTable {
  readonly #totals = new Map<string, { readonly stack: readonly Frame[]; readonly values: number[] }>();
  readonly #frameIds = new Map<string, number>();

  get size(): number {
    return this.#totals.size;
  }

  add(stack: readonly Frame[], values: readonly number[]): void {
    const key = this.#keyOf(stack);
    const total = this.#totals.get(key);
    if (total !== undefined) {
      for (const [index, value] of values.entries()) total.values[index] = (total.values[index] ?? 0) + value;
    } else if (this.#totals.size < MAX_STACKS || stack === OTHER) {
      this.#totals.set(key, { stack, values: [...values] });
    } else {
      this.add(OTHER, values);
    }
  }

  all(): readonly StackTotal[] {
    return [...this.#totals.values()];
  }

  #keyOf(stack: readonly Frame[]): string {
    return stack
      .map(({ name, file, line }) => {
        const frame = `${name}\0${file}\0${line}`;
        const id = this.#frameIds.get(frame) ?? this.#frameIds.size;
        this.#frameIds.set(frame, id);
        return id;
      })
      .join();
  }
}
