/** The server's bounds, on a real port: no client hurts another, and nothing stays open. */
import assert from "node:assert/strict";
import { type HttpResponse, serveHttp } from "../../src/delivery/http_server.ts";
import type { ConnectionServer, Limits } from "../../src/system/connections.ts";
import type { RequestHead } from "../../src/system/http_head.ts";
import { denoSystem } from "../../src/system/deno/system.ts";
import { createTestAuthority } from "../support/certificates.ts";
import { parseAnswer, readAll, sendRaw, writeRaw } from "../support/raw_http.ts";

interface Served {
  readonly port: number;
  readonly server: ConnectionServer;
  readonly requests: RequestHead[];
}

interface Settings {
  readonly limits?: Partial<Limits>;
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly answer?: (request: RequestHead) => Promise<HttpResponse>;
}

const small: Limits = { requests: 4, waiting: 4, headTime: 300, headBytes: 1024 };
const granted: HttpResponse = { status: 200, body: { word: "välkommen" } };

/** A test with its own server, closed afterward; the sanitizers detect what remains. */
function serverTest(
  name: string,
  settings: Settings,
  run: (served: Served) => Promise<void>,
): void {
  Deno.test(`http server: ${name}`, async () => {
    const { limits, tls, answer = () => Promise.resolve(granted) } = settings;
    const requests: RequestHead[] = [];
    const place = { hostname: "127.0.0.1", port: 0, ...tls && { tls } };
    const listener = denoSystem().listen(place);
    const server = serveHttp(listener, (request) => {
      requests.push(request);
      return answer(request);
    }, { ...small, ...limits });
    try {
      await run({ port: listener.port, server, requests });
    } finally {
      await server.close();
    }
  });
}

const request = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
const connect = (port: number) => Deno.connect({ hostname: "127.0.0.1", port });

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

serverTest("serves a request, whole or byte by byte", {}, async ({ port, requests }) => {
  const answer = await sendRaw(port, request);
  assert.deepEqual([answer.status, answer.body], [200, '{"word":"vÃ¤lkommen"}']);
  assert.deepEqual([...answer.headers], [
    ["Content-Type", "application/json"],
    ["Cache-Control", "no-store"],
    ["Content-Length", "21"],
    ["Connection", "close"],
  ]);
  using slowly = await connect(port);
  for (const byte of request) await writeRaw(slowly, byte);
  assert.equal(parseAnswer(await readAll(slowly)).status, 200);
  assert.deepEqual(requests[0], requests[1]);
});

serverTest("disconnects a slow client and no other", {}, async ({ port, requests }) => {
  using slow = await connect(port);
  const start = performance.now();
  let open = true;
  const trickle = (async () => {
    while (open) {
      await writeRaw(slow, "a");
      await pause(20);
    }
  })();
  assert.equal((await sendRaw(port, request)).status, 200);
  const answer = parseAnswer(await readAll(slow));
  const took = performance.now() - start;
  open = false;
  await trickle;
  assert.equal(answer.status, 408);
  assert.match(answer.body, /did not come in time/);
  assert.ok(took >= 250 && took < 3000, `${took} ms`);
  assert.equal(requests.length, 1);
});

serverTest("disconnects a silent client", {}, async ({ port }) => {
  using silent = await connect(port);
  assert.equal(parseAnswer(await readAll(silent)).status, 408);
});

serverTest("a response may take longer than a request", {
  limits: { headTime: 100 },
  answer: async () => {
    await pause(400);
    return granted;
  },
}, async ({ port }) => assert.equal((await sendRaw(port, request)).status, 200));

Deno.test("http server: rejects a client while every place is in use", async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const listener = denoSystem().listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener;
  let arrived = 0;
  const server = serveHttp(listener, async ({ target }) => {
    if (target === "/x") arrived++;
    await gate;
    return granted;
  }, small);
  try {
    const held = Array.from({ length: small.requests }, () => sendRaw(port, request));
    while (arrived < small.requests) await pause(5);
    for (let turn = 0; turn < 20; turn++) {
      const answer = await sendRaw(port, request);
      assert.equal(answer.status, 503);
      assert.match(answer.body, /too many connections/);
    }
    open();
    for (const each of held) assert.equal((await each).status, 200);
    assert.equal((await sendRaw(port, request)).status, 200);
    assert.equal(arrived, small.requests + 1);
  } finally {
    open();
    await server.close();
  }
});

serverTest("a new connection replaces the oldest one without a request", {
  limits: { headTime: 60_000 },
}, async ({ port }) => {
  const open: Deno.Conn[] = [];
  try {
    for (let each = 0; each < small.waiting; each++) {
      open.push(await connect(port));
      await pause(10);
    }
    assert.equal((await sendRaw(port, request)).status, 200);
    const others = open.splice(small.waiting / 4);
    for (const each of open) assert.equal(parseAnswer(await readAll(each)).status, 503);
    open.push(...others);
    for (const each of others) {
      await writeRaw(each, request);
      assert.equal(parseAnswer(await readAll(each)).status, 200);
    }
  } finally {
    for (const each of open) each.close();
  }
});

serverTest("rejects a head above the limit", {}, async (served) => {
  const { port, requests } = served;
  const rest = "GET /x HTTP/1.1\r\na: \r\n\r\n".length;
  const long = (length: number) => `GET /x HTTP/1.1\r\na: ${"b".repeat(length - rest)}\r\n\r\n`;
  assert.equal((await sendRaw(port, long(small.headBytes))).status, 200);
  for (const length of [small.headBytes + 1, small.headBytes + 100, 100_000]) {
    assert.equal((await sendRaw(port, long(length))).status, 400, `${length}`);
  }
  assert.equal(requests.length, 1);
});

serverTest("rejects malformed requests", {}, async ({ port, requests }) => {
  for (
    const text of ["\r\n\r\n", "hello\r\n\r\n", "\x16\x03\x01\0\0\r\n\r\n", "GET / HTTP/1.1\r\n"]
  ) {
    using connection = await connect(port);
    await writeRaw(connection, text);
    await connection.closeWrite();
    assert.equal(parseAnswer(await readAll(connection)).status, 400, JSON.stringify(text));
  }
  assert.deepEqual(requests, []);
});

serverTest("reads one request per connection", {}, async ({ port, requests }) => {
  using connection = await connect(port);
  await writeRaw(connection, request + request.replace("/x", "/y"));
  const text = await readAll(connection);
  assert.equal(text.match(/HTTP\/1\.1 /g)?.length, 1);
  assert.deepEqual(requests.map(({ target }) => target), ["/x"]);
});

serverTest("clients that disconnect at any moment affect no other", {
  answer: async () => {
    await pause(5);
    return { status: 200, body: { much: "x".repeat(200_000) } };
  },
}, async ({ port }) => {
  for (let turn = 0; turn < 60; turn++) {
    const connection = await connect(port);
    if (turn % 3 > 0) await writeRaw(connection, turn % 3 > 1 ? request : "GET /");
    if (turn % 2) await pause(turn % 12);
    connection.close();
  }
  await pause(100);
  const answer = await sendRaw(port, request);
  assert.equal(answer.status, 200);
  assert.equal(answer.body.length, 200_011);
});

serverTest("serves 10,000 requests, many concurrently", {
  limits: { requests: 64, waiting: 64, headTime: 2000 },
}, async ({ port, requests }) => {
  const statuses = new Map<number, number>();
  let left = 10_000;
  await Promise.all(Array.from({ length: 24 }, async () => {
    while (left-- > 0) {
      const { status } = await sendRaw(port, request);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  }));
  assert.deepEqual([...statuses], [[200, 10_000]]);
  assert.equal(requests.length, 10_000);
});

serverTest("closing disconnects waiting clients and frees the port", {
  limits: { headTime: 60_000 },
}, async ({ port, server }) => {
  const waiting = await Promise.all([connect(port), connect(port)]);
  await sendRaw(port, request);
  await server.close();
  for (const each of waiting) {
    assert.equal(await readAll(each), "");
    each.close();
  }
  await assert.rejects(connect(port), Deno.errors.ConnectionRefused);
  denoSystem().listen({ hostname: "127.0.0.1", port }).close();
});

const authority = await createTestAuthority();

// Deno keeps the socket of a TLS connection without a greeting until its client closes it
// (https://github.com/denoland/deno has no call that cuts one); its place is free all the same.
serverTest("over TLS, clients without a handshake lose their places", {
  tls: await authority.issue(["127.0.0.1"]),
}, async ({ port }) => {
  const silent = await Promise.all(
    Array.from({ length: small.waiting + 2 }, () => connect(port)),
  );
  try {
    await pause(small.headTime + 600);
    using good = await Deno.connectTls({
      hostname: "127.0.0.1",
      port,
      caCerts: [authority.cert],
    });
    await writeRaw(good, request);
    assert.equal(parseAnswer(await readAll(good)).status, 200);
  } finally {
    for (const each of silent) each.close();
  }
});
