/**
 * HTTP on a loopback port for a function from request to response.
 *
 * `Deno.serve` cannot close a connection without a response; `node:http` can.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";

/** A running server. */
export interface LoopbackServer extends AsyncDisposable {
  readonly port: number;
}

/** A TLS server's certificate and key in PEM. */
export interface TlsKeyPair {
  readonly cert: string;
  readonly key: string;
}

async function toRequest(
  incoming: http.IncomingMessage,
  scheme: "http" | "https",
): Promise<Request> {
  const headers = new Headers();
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    headers.append(incoming.rawHeaders[i] ?? "", incoming.rawHeaders[i + 1] ?? "");
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = new Uint8Array(Buffer.concat(chunks));
  const { method = "GET", url = "/" } = incoming;
  return new Request(`${scheme}://${incoming.headers.host ?? "127.0.0.1"}${url}`, {
    method,
    headers,
    ...body.length > 0 && { body },
  });
}

/**
 * Listens on 127.0.0.1; port 0 means any free one. If `handle` rejects, closes the connection
 * without a response. Disposing waits for pending requests.
 */
export async function listen(
  handle: (request: Request) => Promise<Response>,
  options: { readonly port: number; readonly tls?: TlsKeyPair },
): Promise<LoopbackServer> {
  const scheme = options.tls ? "https" : "http";
  const running = new Set<Promise<void>>();

  async function answer(
    incoming: http.IncomingMessage,
    outgoing: http.ServerResponse,
  ): Promise<void> {
    try {
      const response = await handle(await toRequest(incoming, scheme));
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      outgoing.end(new Uint8Array(await response.arrayBuffer()));
    } catch {
      incoming.socket.destroy();
    }
  }
  const listener: http.RequestListener = (incoming, outgoing) => {
    const work = answer(incoming, outgoing).finally(() => running.delete(work));
    running.add(work);
  };
  const server = options.tls
    ? https.createServer({ ...options.tls }, listener)
    : http.createServer(listener);
  server.listen(options.port, "127.0.0.1");
  await once(server, "listening");

  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port to listen on");
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      await Promise.all(running);
    },
  };
}
