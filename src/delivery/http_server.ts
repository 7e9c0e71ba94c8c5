import { parseHead, readHead, type RequestHead } from "../system/http_head.ts";
import type { Connection, Listener } from "../system/listener.ts";

/** What is answered: a status and a JSON document. */
export interface HttpResponse {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
  /** Where a 303 leads. */
  readonly location?: string;
  /** Called when all of it was sent. */
  readonly sent?: () => void;
}

/**
 * Bounds that keep one bad client from hurting the others; Deno's own server has no such settings,
 * which is why there is this one.
 */
export interface Limits {
  readonly connections: number;
  /** Milliseconds from the connection to the end of the request's head. */
  readonly headTime: number;
  readonly headBytes: number;
}

export const defaultLimits: Limits = { connections: 64, headTime: 2000, headBytes: 8192 };

/** Answers requests until it is closed. */
export interface HttpServer {
  /**
   * Takes no more connections, ends those that are open, and resolves when all are done, but for
   * answers that take long: nobody will hear them.
   */
  close(): Promise<void>;
}

/** One request a connection, answered by `answer`, which must not throw. */
export function serveHttp(
  listener: Listener,
  answer: (request: RequestHead, peerPort: number) => Promise<HttpResponse>,
  limits: Limits = defaultLimits,
): HttpServer {
  const open = new Map<Connection, Promise<void>>();
  const leaving = new Map<Connection, Promise<void>>();
  const accepting = (async () => {
    for (let next = await listener.accept(); next; next = await listener.accept()) {
      const connection = next;
      if (open.size >= limits.connections) {
        leaving.set(
          connection,
          dismiss(connection, busy).finally(() => leaving.delete(connection)),
        );
        continue;
      }
      const done = converse(connection, answer, limits).finally(() => open.delete(connection));
      open.set(connection, done);
    }
  })();
  return {
    async close() {
      listener.close();
      const rest = new Map([...open, ...leaving]);
      for (const connection of rest.keys()) connection.close();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((done) => timer = setTimeout(done, patience));
      await Promise.race([Promise.all([accepting, ...rest.values()]), late]);
      clearTimeout(timer);
    },
  };
}

const busy: HttpResponse = refusal(503, "Busy", "too many connections at once");
const unreadable: HttpResponse = refusal(
  400,
  "BadRequest",
  "that is not a request that this server takes",
);
const slow: HttpResponse = refusal(408, "RequestTimeout", "the request did not come in time");

/** An error in both spellings: Go's SDK reads `code` and `message`, JavaScript's `Code` and `Message`. */
export function refusal(status: number, code: string, message: string): HttpResponse {
  return { status, body: { code, message, Code: code, Message: message } };
}

/** Milliseconds for which closing waits for answers. */
const patience = 50;

/** Milliseconds to take the last word: over TLS it waits for a client that may never greet. */
const farewell = 250;

/** Says why, and closes the connection, heard or not. */
async function dismiss(connection: Connection, why: HttpResponse): Promise<void> {
  const timer = setTimeout(() => connection.close(), farewell);
  await connection.write(encode(why)).catch(() => {});
  clearTimeout(timer);
  connection.close();
}

/** The other side may go away at any moment, which hurts nobody but itself. */
async function converse(
  connection: Connection,
  answer: (request: RequestHead, peerPort: number) => Promise<HttpResponse>,
  limits: Limits,
): Promise<void> {
  const timer = setTimeout(() => void dismiss(connection, slow), limits.headTime);
  try {
    const text = await readHead(connection, limits.headBytes);
    clearTimeout(timer);
    const head = text === undefined ? undefined : parseHead(text);
    const given = head ? await answer(head, connection.peerPort) : unreadable;
    await connection.write(encode(given));
    given.sent?.();
  } catch {
    return; // the connection was cut, by the other side or by a limit
  } finally {
    clearTimeout(timer);
    connection.close();
  }
}

const reasons: Readonly<Record<number, string>> = {
  200: "OK",
  303: "See Other",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  410: "Gone",
  503: "Service Unavailable",
};

function encode({ status, body, location }: HttpResponse): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(body));
  const head = [
    `HTTP/1.1 ${status} ${reasons[status] ?? "Error"}`,
    "Content-Type: application/json",
    "Cache-Control: no-store",
    `Content-Length: ${json.length}`,
    ...status === 405 ? ["Allow: GET"] : [],
    ...location === undefined ? [] : [`Location: ${location}`, "Referrer-Policy: no-referrer"],
    "Connection: close",
  ].join("\r\n");
  const bytes = new TextEncoder().encode(head + "\r\n\r\n");
  const whole = new Uint8Array(bytes.length + json.length);
  whole.set(bytes);
  whole.set(json, bytes.length);
  return whole;
}
