/** What came of reading a body. */
export type Body = { readonly text: string } | { readonly tooLong: true };

/**
 * Reads a body as text.
 * @param maxBytes Beyond it the rest is not read.
 */
export async function readBody(response: Response, maxBytes: number): Promise<Body> {
  if (response.body === null) return { text: "" };
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode() };
    size += value.length;
    if (size > maxBytes) {
      await reader.cancel();
      return { tooLong: true };
    }
    text += decoder.decode(value, { stream: true });
  }
}
