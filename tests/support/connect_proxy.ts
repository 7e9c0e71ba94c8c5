/**
 * An HTTP CONNECT proxy on a loopback port that routes internet names to local servers, so that the
 * real program can be tested with its real endpoints without a network.
 *
 * @module
 */

/** A running proxy. */
export interface ConnectProxy extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`: for `HTTPS_PROXY`. */
  readonly url: string;
  /** Every `HOST:PORT` requested for a tunnel, including refused ones. */
  readonly asked: readonly string[];
}

/** More bytes than any head of a CONNECT request has. */
const headLimit = 16_384;

/** Reads up to and including the empty line; returns the head and what follows. */
async function readHead(
  connection: Deno.TcpConn,
): Promise<{ readonly head: string; readonly rest: Uint8Array }> {
  const chunk = new Uint8Array(4096);
  let received = new Uint8Array();
  while (received.length < headLimit) {
    const count = await connection.read(chunk);
    if (count === null) throw new Error("the client left before its request was complete");
    const longer = new Uint8Array(received.length + count);
    longer.set(received);
    longer.set(chunk.subarray(0, count), received.length);
    received = longer;
    // Latin-1 has one character per byte, so the position is also right for bytes.
    const text = new TextDecoder("latin1").decode(received);
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) return { head: text.slice(0, end), rest: received.subarray(end + 4) };
  }
  throw new Error("the request's head is too long");
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) written += await connection.write(bytes.subarray(written));
}

async function writeStatus(connection: Deno.TcpConn, status: string): Promise<void> {
  await writeAll(connection, new TextEncoder().encode(`HTTP/1.1 ${status}\r\n\r\n`));
}

/** Copies until the end, and forwards the end: each direction may end independently. */
async function copy(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
  const chunk = new Uint8Array(16_384);
  for (;;) {
    const count = await from.read(chunk);
    if (count === null) break;
    await writeAll(to, chunk.subarray(0, count));
  }
  await to.closeWrite();
}

function close(connection: Deno.TcpConn | Deno.TcpListener): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/**
 * Starts the proxy. `route` maps `HOST:PORT` to the tunnel's loopback address, as `127.0.0.1:PORT`
 * or a URL; `undefined` refuses the tunnel with 403.
 */
export function startConnectProxy(
  route: (hostPort: string) => string | undefined,
): ConnectProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const asked: string[] = [];
  const open = new Set<Deno.TcpConn>();
  const running = new Set<Promise<void>>();

  async function tunnel(client: Deno.TcpConn): Promise<void> {
    const { head, rest } = await readHead(client);
    const [, hostPort] = /^CONNECT (\S+) HTTP\/1\.[01](\r\n|$)/.exec(head) ?? [];
    if (hostPort === undefined) return await writeStatus(client, "405 Method Not Allowed");
    asked.push(hostPort);
    const target = route(hostPort);
    if (target === undefined) return await writeStatus(client, "403 Forbidden");

    const { hostname, port } = new URL(target.includes("://") ? target : `tcp://${target}`);
    if (hostname !== "127.0.0.1") throw new Error(`${target} is not a loopback address`);
    const server = await Deno.connect({ hostname, port: Number(port) });
    open.add(server);
    const directions: Promise<void>[] = [];
    try {
      await writeStatus(client, "200 Connection Established");
      await writeAll(server, rest);
      directions.push(copy(client, server), copy(server, client));
      await Promise.all(directions);
    } finally {
      // One direction may have failed while the other still waits for its side to speak.
      close(server);
      close(client);
      open.delete(server);
      await Promise.allSettled(directions);
    }
  }

  async function serve(client: Deno.TcpConn): Promise<void> {
    open.add(client);
    try {
      await tunnel(client);
    } catch {
      // If one side disconnects, the tunnel ends, and the other side sees the end.
    } finally {
      close(client);
      open.delete(client);
    }
  }

  async function accept(): Promise<void> {
    for await (const client of listener) {
      const work = serve(client).finally(() => running.delete(work));
      running.add(work);
    }
  }
  const accepting = accept();

  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    asked,
    async [Symbol.asyncDispose]() {
      close(listener);
      await accepting;
      for (const connection of open) close(connection);
      await Promise.all(running);
    },
  };
}
