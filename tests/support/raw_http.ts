/** A raw HTTP response. */
export interface RawAnswer {
  readonly status: number;
  /** Names as sent. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Everything until the other side closes; empty if it closes without sending anything. */
export async function readAll(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(4096);
  let text = "";
  try {
    for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
      text += new TextDecoder("latin1").decode(buffer.subarray(0, n));
    }
  } catch (error) {
    // A server that closes with unread bytes resets the connection.
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  return text;
}

export function parseAnswer(text: string): RawAnswer {
  const [head = "", body = ""] = text.split("\r\n\r\n");
  const [first = "", ...lines] = head.split("\r\n");
  const headers = new Map(lines.map((line) => {
    const at = line.indexOf(": ");
    return [line.slice(0, at), line.slice(at + 2)];
  }));
  return { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]), headers, body };
}

/** Writes bytes to a port of this machine and reads the response. */
export async function sendRaw(port: number, text: string): Promise<RawAnswer> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await writeRaw(connection, text);
  return parseAnswer(await readAll(connection));
}

/** Sends the text as Latin-1; the other side may stop reading. */
export async function writeRaw(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = Uint8Array.from(text, (each) => each.charCodeAt(0));
  try {
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  } catch (error) {
    const gone = error instanceof Deno.errors.ConnectionReset ||
      error instanceof Deno.errors.BrokenPipe;
    if (!gone) throw error;
  }
}
