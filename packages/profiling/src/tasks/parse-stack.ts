import type { FrameResolver } from "../code/frame-resolver.ts";
import type { Frame } from "../pprof/snapshot.ts";

const LINE = /^\s+at (?:async )?(?:(.*?) \()?(.*?):(\d+):(\d+)\)?$/;

/** The frames of an error's `stack`, leaf first. Lines that name no place are left out. */
export function parseStack(stack: string, resolver: FrameResolver): readonly Frame[] {
  return stack.split("\n").flatMap((text) => {
    const match = LINE.exec(text);
    if (match === null) return [];
    const [, functionName = "", url = "", line = "", column = ""] = match;
    return [resolver.resolve({ functionName, url, lineNumber: Number(line) - 1, columnNumber: Number(column) - 1 })];
  });
}
