/** The credential server: authorization, responses and error messages. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { answerFor, onlyClient } from "../../src/delivery/credential_server.ts";
import { type HttpResponse, serveHttp } from "../../src/delivery/http_server.ts";
import { type Session } from "../../src/model/credentials.ts";
import { Failure, type FailureCode } from "../../src/model/failure.ts";
import { Secret } from "../../src/model/secret.ts";
import { denoSystem } from "../../src/system/deno/system.ts";
import { anyCharacter } from "../support/any_character.ts";
import { numbered } from "../support/keeper_world.ts";
import { sendRaw } from "../support/raw_http.ts";
import { testStart, testSystem } from "../support/test_system.ts";

const token = "0123456789abcdefghijABCDEFGHIJ_-0123456789A";
const host = "127.0.0.1:9911";
const session = { ...numbered(1, testStart, 3_600_000), account: "012345678901" };

interface Asked {
  readonly method?: string;
  readonly target?: string;
  readonly authorization?: string | undefined;
  readonly host?: string | undefined;
}

/** Sends a request to a server of two profiles, whose credentials come from `work`. */
async function ask(asked: Asked, work = (): Promise<Session> => Promise.resolve(session)) {
  const system = testSystem();
  const looked: string[] = [];
  const answer = answerFor(system, {
    hosts: [host],
    client: onlyClient(new Secret(token), (path) => {
      looked.push(path);
      return path === "/one" || path === "/two" ? work() : undefined;
    }),
  });
  const { method = "GET", target = "/one" } = asked;
  const given = { host, authorization: token, ...asked };
  const headers = new Map<string, string>();
  for (const name of ["host", "authorization"] as const) {
    const value = given[name];
    if (value !== undefined) headers.set(name, value);
  }
  const { status, body } = await answer({ method, target, headers });
  return { status, body, looked, events: system.events };
}

/** Asserts an error response with both spellings of its fields and without secrets. */
function refused({ status, body }: HttpResponse, expected: number, says: RegExp): void {
  assert.equal(status, expected);
  assert.deepEqual(Object.keys(body), ["code", "message", "Code", "Message"]);
  assert.equal(body["Code"], body["code"]);
  assert.equal(body["Message"], body["message"]);
  assert.match(body["code"] ?? "", /^[A-Z][A-Za-z]+$/);
  assert.match(body["message"] ?? "", says);
  const text = JSON.stringify(body);
  for (const secret of [token, "secret 1", "token 1"]) assert.ok(!text.includes(secret));
}

Deno.test("credentials: a valid token and Host get every field that SDKs read", async () => {
  const { status, body } = await ask({});
  assert.equal(status, 200);
  assert.deepEqual(body, {
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: "secret 1",
    Token: "token 1",
    Expiration: "2026-01-01T01:00:00Z",
    AccountId: "012345678901",
  });
  const without = await ask({}, () => Promise.resolve(numbered(2, testStart, 1000)));
  assert.ok(!("AccountId" in without.body));
});

for (
  const [what, authorization] of [
    ["none", undefined],
    ["an empty one", ""],
    ["another", "x".repeat(token.length)],
    ["its beginning", token.slice(0, -1)],
    ["its end", token.slice(1)],
    ["a longer one", token + "A"],
    ["a longer one with a zero", token + "\0"],
    ["one in another case", token.toLowerCase()],
    ["one with a scheme", `Bearer ${token}`],
    ["the same twice", `${token},${token}`],
  ] as const
) {
  Deno.test(`credentials: the token: ${what} is rejected for every path`, async () => {
    for (const target of ["/one", "/three", "/"]) {
      const answer = await ask({ authorization, target });
      refused(answer, 401, /Authorization/);
      assert.deepEqual(answer.looked, [], "without a token, paths are not revealed");
    }
  });
}

Deno.test("credentials: every token that differs is rejected", async () => {
  const near = fc.tuple(fc.nat(token.length - 1), fc.string({ maxLength: 2 }))
    .map(([at, text]) => token.slice(0, at) + text + token.slice(at + 1));
  const other = fc.oneof(near, fc.string(), fc.string({ unit: anyCharacter }));
  await fc.assert(fc.asyncProperty(other, async (authorization) => {
    const { status } = await ask({ authorization });
    assert.equal(status, authorization === token ? 200 : 401);
  }));
});

for (
  const [what, sent, status] of [
    ["none", undefined, 403],
    ["an empty one", "", 403],
    ["without the port", "127.0.0.1", 403],
    ["with another port", "127.0.0.1:80", 403],
    ["with a name that was rebound to this address", "evil.example:9911", 403],
    ["with a name that has it as a prefix", "127.0.0.1:9911.evil.example", 403],
    ["with a user", "a@127.0.0.1:9911", 403],
    ["localhost, where that is not the server's name", "localhost:9911", 403],
    ["the right one", "127.0.0.1:9911", 200],
  ] as const
) {
  Deno.test(`credentials: Host: ${what}: ${status}`, async () => {
    const answer = await ask({ host: sent });
    assert.equal(answer.status, status);
    if (status === 403) {
      refused(answer, 403, /Host/);
      assert.deepEqual(answer.looked, []);
    }
  });
}

Deno.test("credentials: Host is compared ignoring case", async () => {
  const answer = answerFor(testSystem(), {
    client: onlyClient(new Secret(token), () => Promise.resolve(session)),
    hosts: ["localhost:1"],
  });
  const headers = new Map([["host", "LocalHost:1"], ["authorization", token]]);
  assert.equal((await answer({ method: "GET", target: "/", headers })).status, 200);
});

for (const method of ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT"]) {
  Deno.test(`credentials: ${method} is rejected`, async () => {
    refused(await ask({ method }), 405, /GET/);
    refused(await ask({ method, host: "evil.example" }), 403, /Host/);
  });
}

Deno.test("credentials: each path has its own session, and unknown paths are not found", async () => {
  for (const target of ["/", "/three", "/one/", "/one?x", "//one", "/ONE", "/one/../two", "*"]) {
    const answer = await ask({ target });
    refused(answer, 404, /no credentials at this path/);
    assert.deepEqual(answer.looked, [target]);
  }
  assert.deepEqual((await ask({ target: "/two" })).looked, ["/two"]);
});

const failures: readonly (readonly [FailureCode, number])[] = [
  ["needs-person", 403],
  ["aws", 403],
  ["source", 403],
  ["store-key", 403],
  ["store-moved", 403],
  ["store-damaged", 403],
  ["tls", 403],
  ["not-found", 404],
  ["network", 503],
  ["aws-passing", 503],
];

for (const [code, status] of failures) {
  Deno.test(`credentials: ${code} returns ${status} with the hint`, async () => {
    const failing = new Failure(code, "a code is needed", "athm aws exec one --rotate");
    const answer = await ask({}, () => Promise.reject(failing));
    refused(answer, status, /^a code is needed \(athm aws exec one --rotate\)$/);
    const short = await ask({}, () => Promise.reject(new Failure(code, "it failed")));
    refused(short, status, /^it failed$/);
  });
}

Deno.test("credentials: an internal error reveals no details", async () => {
  const answer = await ask({}, () => Promise.reject(new TypeError(`token 1 ${token}`)));
  refused(answer, 500, /--debug/);
});

Deno.test("credentials: --debug logs no secret of a response", async () => {
  for (const asked of [{}, { authorization: "wrong" }, { host: "evil.example" }]) {
    const { events, status } = await ask(asked);
    assert.deepEqual(events, [{ event: "credentials requested", fields: { status } }]);
  }
});

Deno.test("credentials: responses have only these headers, and none names the software", async () => {
  const listener = denoSystem().listen({ hostname: "127.0.0.1", port: 0 });
  const here = `127.0.0.1:${listener.port}`;
  const server = serveHttp(
    listener,
    answerFor(testSystem(), {
      client: onlyClient(new Secret(token), () => Promise.resolve(session)),
      hosts: [here],
    }),
  );
  try {
    const send = (method: string, more: string) =>
      sendRaw(listener.port, `${method} /one HTTP/1.1\r\nHost: ${here}\r\n${more}\r\n`);
    const usual = ["Content-Type", "Cache-Control", "Content-Length", "Connection"];
    const good = await send("GET", `Authorization: ${token}\r\n`);
    assert.equal(good.status, 200);
    assert.equal(JSON.parse(good.body).SecretAccessKey, "secret 1");
    assert.deepEqual([...good.headers.keys()], usual);
    const wrong = await send("GET", "");
    assert.equal(wrong.status, 401);
    assert.deepEqual([...wrong.headers.keys()], usual);
    const post = await send("POST", `Authorization: ${token}\r\nContent-Length: 0\r\n`);
    assert.equal(post.status, 405);
    assert.equal(post.headers.get("Allow"), "GET");
    const body = await send("PUT", `Authorization: ${token}\r\nContent-Length: 4\r\n\r\nbody`);
    assert.equal(body.status, 405);
    for (const { headers } of [good, wrong, post, body]) {
      assert.equal(headers.get("Content-Type"), "application/json");
      assert.equal(headers.get("Cache-Control"), "no-store");
      assert.doesNotMatch([...headers].flat().join(" "), /athm|deno|server|powered/i);
    }
  } finally {
    await server.close();
  }
});
