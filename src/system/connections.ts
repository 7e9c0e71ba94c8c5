import { parseHead, readHead, type RequestHead } from "./http_head.ts";
import type { Connection, Listener } from "./listener.ts";

/** Limits that protect clients from each other; `node:http` and `Deno.serve` lack some. */
export interface Limits {
  /** Concurrent requests. */
  readonly requests: number;
  /** Connections without a complete request; as many more may be closing. */
  readonly waiting: number;
  /** Milliseconds from connecting to the end of the request's head. */
  readonly headTime: number;
  readonly headBytes: number;
  /** Characters of path and query; default: 2048. */
  readonly longestTarget?: number;
}

export interface Reply {
  readonly bytes: Uint8Array;
  /** Called once all of it is sent. */
  readonly sent?: (() => void) | undefined;
}

/** Produces responses. A refusal without bytes closes the connection silently. */
export interface Service {
  /** Must not throw. `head` is absent if the request is invalid. */
  readonly answer: (head: RequestHead | undefined, peerPort: number) => Promise<Reply>;
  /** For a displaced client or an excess request. */
  readonly busy?: Uint8Array;
  /** For a client whose head timed out. */
  readonly slow?: Uint8Array;
}

export interface ConnectionServer {
  /** Closes open connections after `grace` milliseconds, without waiting for slow responses. */
  close(grace?: number): Promise<void>;
}

/** How long, in milliseconds and bytes, a client may keep sending after its response. */
const lingerTime = 500;
const lingerBytes = 256 * 1024;

/** Milliseconds a client has to send its request before another can displace it. */
const headStart = 25;

/** Milliseconds to wait for connections when closing. */
const patience = 50;

/**
 * Serves one request per connection.
 *
 * When all places are taken, new connections displace those that have waited longest without a
 * complete request. A prompt client is thus served however many others hold connections open. A
 * request without a valid token gets a response at once and takes no place.
 *
 * A connection is closed in two steps, sending first: closing it with unread bytes would reset it,
 * and the client would lose the response.
 */
export function serveConnections(
  listener: Listener,
  service: Service,
  limits: Limits,
): ConnectionServer {
  /** Without a complete request, oldest first. */
  const waiting = new Set<Connection>();
  /** Within their head start. */
  const young = new Set<Connection>();
  const answering = new Map<Connection, Promise<void>>();
  /** With a response sent, oldest first. */
  const leaving = new Map<Connection, ReturnType<typeof setTimeout>>();
  const running = new Set<Promise<void>>();
  let closed = false;

  function cut(connection: Connection): void {
    clearTimeout(leaving.get(connection));
    leaving.delete(connection);
    connection.close();
  }

  function leave(connection: Connection): void {
    const [oldest] = leaving.keys();
    if (oldest && leaving.size >= limits.waiting) cut(oldest);
    leaving.set(connection, setTimeout(() => cut(connection), lingerTime));
  }

  /** The reader continues, so that the refusal arrives. */
  async function dismiss(connection: Connection, refusal: Uint8Array | undefined): Promise<void> {
    waiting.delete(connection);
    if (!refusal) return connection.close();
    leave(connection);
    try {
      await connection.write(refusal);
      await connection.closeWrite();
    } catch {
      cut(connection);
    }
  }

  /** A quarter of those that have waited longest, except those that had no time to send a request. */
  function lateOnes(): Connection[] {
    return [...waiting].slice(0, Math.ceil(waiting.size / 4))
      .filter((connection) => !young.has(connection));
  }

  async function makePlaces(): Promise<void> {
    while (waiting.size >= limits.waiting) {
      const late = lateOnes();
      // If this process got no CPU for a while, there may be unread requests.
      await pause(late.length ? 1 : headStart / 5);
      for (const connection of late) {
        if (waiting.has(connection)) void dismiss(connection, service.busy);
      }
    }
  }

  /** Out of file descriptors, which must be freed at once: no refusal. */
  function freeSome(): void {
    for (const connection of [...leaving.keys(), ...lateOnes()]) cut(connection);
  }

  async function reply(connection: Connection, text: string | undefined): Promise<void> {
    const head = text === undefined ? undefined : parseHead(text, limits.longestTarget);
    const { bytes, sent } = await service.answer(head, connection.peerPort);
    await connection.write(bytes);
    sent?.();
  }

  /** A client may disconnect at any time, which affects only itself. */
  async function converse(connection: Connection): Promise<void> {
    waiting.add(connection);
    young.add(connection);
    const start = setTimeout(() => young.delete(connection), headStart);
    const timer = setTimeout(
      () => waiting.has(connection) && void dismiss(connection, service.slow),
      limits.headTime,
    );
    try {
      const text = await readHead(connection, limits.headBytes);
      clearTimeout(timer);
      if (waiting.has(connection) && answering.size >= limits.requests) {
        void dismiss(connection, service.busy);
      } else if (waiting.delete(connection)) {
        const replied = reply(connection, text);
        answering.set(connection, replied);
        await replied.finally(() => answering.delete(connection));
        leave(connection);
        await connection.closeWrite();
      }
      await drain(connection);
    } catch {
      // The client or a limit closed the connection.
    } finally {
      clearTimeout(timer);
      clearTimeout(start);
      young.delete(connection);
      waiting.delete(connection);
      cut(connection);
    }
  }

  const accepting = (async () => {
    for (let next; (next = await listener.accept(freeSome));) {
      await makePlaces();
      if (closed) {
        next.close();
        continue;
      }
      const done = converse(next).finally(() => running.delete(done));
      running.add(done);
    }
  })();

  return {
    async close(grace = 0) {
      closed = true;
      listener.close();
      if (grace > 0) await within(grace, Promise.allSettled([...answering.values()]));
      for (const each of [...waiting, ...answering.keys(), ...leaving.keys()]) cut(each);
      await within(patience, Promise.all([accepting, ...running]));
    },
  };
}

async function drain(connection: Connection): Promise<void> {
  const buffer = new Uint8Array(1024);
  for (let left = lingerBytes; left > 0;) {
    const count = await connection.read(buffer);
    if (count === null) return;
    left -= count;
  }
}

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((done) => timer = setTimeout(done, milliseconds));
  await Promise.race([work, late]);
  clearTimeout(timer);
}
