import type { Connection } from "./listener.ts";

export interface RequestHead {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly headers: ReadonlyMap<string, string>;
}

const startLine = /^([A-Z]{1,16}) (\S{1,32768}) HTTP\/1\.[01]$/;
// Do not match whitespace around the value here: a long run of spaces would take minutes.
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\x20-\x7e\x80-\xff\t]*)$/;

/**
 * Without the final empty line (RFC 9112, sections 2 to 5). Nothing if invalid; rejects folded lines,
 * control characters, repeated headers and a body.
 */
export function parseHead(text: string, longestTarget = 2048): RequestHead | undefined {
  const [first = "", ...lines] = text.split("\r\n");
  const start = startLine.exec(first);
  if (!start || (start[2] ?? "").length > longestTarget) return undefined;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const header = headerLine.exec(line);
    const name = header?.[1]?.toLowerCase();
    if (!header || name === undefined || headers.has(name)) return undefined;
    headers.set(name, trimmed(header[2] ?? ""));
  }
  if (headers.has("transfer-encoding") || (headers.get("content-length") ?? "0") !== "0") {
    if (start[1] === "GET") return undefined;
  }
  return { method: start[1] ?? "", target: start[2] ?? "", headers };
}

function trimmed(text: string): string {
  const isBlank = (at: number) => text[at] === " " || text[at] === "\t";
  let [from, to] = [0, text.length];
  while (isBlank(from)) from++;
  while (to > from && isBlank(to - 1)) to--;
  return text.slice(from, to);
}

/** The bytes up to the empty line as Latin-1; nothing if it does not come within `limit` bytes. */
export async function readHead(
  connection: Pick<Connection, "read">,
  limit: number,
): Promise<string | undefined> {
  // Start small: many connections never send a request.
  let buffer = new Uint8Array(Math.min(limit, 1024));
  let length = 0;
  while (length < limit) {
    if (length === buffer.length) {
      const larger = new Uint8Array(Math.min(limit, 4 * length));
      larger.set(buffer);
      buffer = larger;
    }
    const count = await connection.read(buffer.subarray(length));
    if (count === null) return undefined;
    length += count;
    const text = new TextDecoder("latin1").decode(buffer.subarray(0, length));
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) return text.slice(0, end);
  }
  return undefined;
}
