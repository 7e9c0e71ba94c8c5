import { parseHead, readHead, type RequestHead } from "./http_head.ts";
import type { Connection, Listener } from "./listener.ts";

/** Bounds that keep one bad client from hurting the others; `node:http` and `Deno.serve` lack some. */
export interface Limits {
  /** Requests that are answered at once. */
  readonly requests: number;
  /** Connections without a whole request; as many again may be closing. */
  readonly waiting: number;
  /** Milliseconds from the connection to the end of the request's head. */
  readonly headTime: number;
  readonly headBytes: number;
  /** Characters of path and query; 2048 when absent. */
  readonly longestTarget?: number;
}

/** A response as it is sent. */
export interface Reply {
  readonly bytes: Uint8Array;
  /** Called when all of it was sent. */
  readonly sent?: (() => void) | undefined;
}

/** What a server says. A refusal without bytes closes the connection silently. */
export interface Service {
  /** Must not throw. Gets no head when the request cannot be read. */
  readonly answer: (head: RequestHead | undefined, peerPort: number) => Promise<Reply>;
  /** For a client that was displaced, and for a request too many. */
  readonly busy?: Uint8Array;
  /** For a client whose head did not arrive in time. */
  readonly slow?: Uint8Array;
}

/** Answers requests until it is closed. */
export interface ConnectionServer {
  /**
   * Accepts no more connections, closes the open ones, and resolves when all are done. An answer that
   * takes long is not waited for: nobody will read it.
   *
   * @param grace milliseconds for the answers that are going out
   */
  close(grace?: number): Promise<void>;
}

/** Milliseconds and bytes for which a client that was answered may still send. */
const lingerTime = 500;
const lingerBytes = 256 * 1024;

/** Milliseconds that a client has to send its request before another can take its place. */
const headStart = 25;

/** Milliseconds for which closing waits for connections to end. */
const patience = 50;

/**
 * One request a connection.
 *
 * When every place is taken, the connections that have waited longest without a whole request lose theirs
 * to new ones: a client that sends its request at once is served, however many others hold connections
 * open. A request without a valid token is answered at once, so that it holds no place either.
 *
 * A connection is closed in two steps, sending first, then receiving: closing one with unread bytes
 * resets it, and the client loses the answer.
 */
export function serveConnections(
  listener: Listener,
  service: Service,
  limits: Limits,
): ConnectionServer {
  /** Without a whole request yet; the oldest first. */
  const waiting = new Set<Connection>();
  /** Within their head start. */
  const young = new Set<Connection>();
  const answering = new Map<Connection, Promise<void>>();
  /** Answered or refused; the oldest first. */
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

  /** Whoever reads from the connection goes on reading, so that the refusal arrives. */
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

  /**
   * Makes places for the next connections, which stay in the system's queue meanwhile: up to a quarter
   * at once, and only those that had time to send a request and have it read.
   */
  async function makePlaces(): Promise<void> {
    while (waiting.size >= limits.waiting) {
      const late = [...waiting].slice(0, Math.ceil(limits.waiting / 4))
        .filter((connection) => !young.has(connection));
      // Where this process had to wait for the processor, requests are there that it has not read.
      await pause(late.length ? 1 : headStart / 5);
      for (const connection of late) {
        if (waiting.has(connection)) void dismiss(connection, service.busy);
      }
    }
  }

  async function reply(connection: Connection, text: string | undefined): Promise<void> {
    const head = text === undefined ? undefined : parseHead(text, limits.longestTarget);
    const { bytes, sent } = await service.answer(head, connection.peerPort);
    await connection.write(bytes);
    sent?.();
  }

  /** The other side may go away at any moment, which hurts nobody but itself. */
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
      // The connection was cut, by the other side or by a limit.
    } finally {
      clearTimeout(timer);
      clearTimeout(start);
      young.delete(connection);
      waiting.delete(connection);
      cut(connection);
    }
  }

  const accepting = (async () => {
    for (let next = await listener.accept(); next; next = await listener.accept()) {
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

/** Reads and drops what a client still sends, up to a bound. */
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
