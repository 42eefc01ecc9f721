import { BOOK_NODE, bookOn } from "./book.ts";

/** The object of a node that is a process of its own. */
export const processBook: ReturnType<typeof bookOn> = bookOn(process.env[BOOK_NODE] ?? "");
