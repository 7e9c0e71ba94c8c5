// Responses of the Identity Center services, and of other servers in their place.

import assert from "node:assert/strict";
import fc from "fast-check";
import { callJson } from "../../src/aws/json_call.ts";
import { listIn, nameIn, numberIn, objectIn, tokenIn } from "../../src/aws/json_fields.ts";
import { createToken, registerClient, startDeviceAuthorization } from "../../src/aws/sso_oidc.ts";
import { portalAccess, tokenRefused } from "../../src/aws/sso_portal.ts";
import { Failure } from "../../src/model/failure.ts";
import { portalOf } from "../../src/model/portal.ts";
import { Secret } from "../../src/model/secret.ts";
import type { Http, HttpRequest } from "../../src/system/http.ts";
import { patientSystem } from "../support/real_http.ts";

const portal = portalOf({ startUrl: "https://example.awsapps.com/start", region: "eu-west-1" }, {});
const secret = "a-secret-that-must-not-be-quoted";
const client = { id: "id", secret: new Secret(secret), expires: 2e12, flow: "device" } as const;
const token = new Secret(secret);

/** Always responds the same; records the requests. */
function answering(
  body: string | Uint8Array<ArrayBuffer>,
  status = 200,
  headers: Record<string, string> = {},
): { http: Http; requests: HttpRequest[] } {
  const requests: HttpRequest[] = [];
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const http: Http = {
    send: (request) => {
      requests.push(request);
      return Promise.resolve({ status, headers: new Headers(headers), body: bytes });
    },
    [Symbol.dispose]: () => {},
  };
  return { http, requests };
}

const system = patientSystem();

/** Every operation, over one transport. */
const operations: readonly (readonly [string, (http: Http) => Promise<unknown>])[] = [
  ["register", (http) => registerClient(system, http, portal, "browser")],
  ["device", (http) => startDeviceAuthorization(system, http, portal, client)],
  ["refresh", (http) => {
    const grant = { kind: "refresh", refreshToken: token } as const;
    return createToken(system, http, portal, client, grant);
  }],
  ["credentials", (http) => portalAccess(system, http, portal).roleCredentials(token, "1", "r")],
  ["accounts", (http) => portalAccess(system, http, portal).accounts(token)],
  ["roles", (http) => portalAccess(system, http, portal).roles(token, "1")],
  ["logout", (http) => portalAccess(system, http, portal).logout(token)],
];

const names = [
  ...["clientId", "clientSecret", "clientSecretExpiresAt", "deviceCode", "userCode", "error"],
  ...["verificationUri", "accessToken", "refreshToken", "expiresIn", "roleCredentials", "__type"],
  ...["accessKeyId", "secretAccessKey", "sessionToken", "expiration", "accountList", "roleList"],
  ...["accountId", "accountName", "roleName", "nextToken", "message", "interval"],
];

Deno.test("portal answers: any JSON is parsed, or rejected without a quote", async () => {
  const leaf = fc.oneof(
    fc.constant(secret),
    fc.string(),
    fc.double(),
    fc.integer(),
    fc.constant(null),
    fc.boolean(),
    fc.constantFrom("invalid_grant", "slow_down", "UnauthorizedException", "ForbiddenException"),
  );
  const value = fc.letrec((tie) => ({
    node: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie("node"), { maxLength: 3 }), tie("record")),
    record: fc.dictionary(fc.constantFrom(...names, "__proto__"), tie("node"), { maxKeys: 8 }),
  })).record;
  const status = fc.constantFrom(200, 200, 200, 204, 301, 400, 401, 403, 404, 429, 500, 503);
  await fc.assert(
    fc.asyncProperty(value, status, fc.nat(operations.length - 1), async (body, status, at) => {
      const [name, call] = operations[at]!;
      const { http } = answering(JSON.stringify(body), status);
      try {
        await call(http);
      } catch (error) {
        assert.ok(error instanceof Failure, `${name}: ${error}`);
        assert.ok(!`${error.message} ${error.hint}`.includes(secret), name);
        assert.ok(!error.message.includes("\n"), name);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("portal answers: any bytes are rejected", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), fc.nat(operations.length - 1), async (bytes, at) => {
      const { http } = answering(new Uint8Array(bytes), 200);
      await operations[at]![1](http).catch((error) => assert.ok(error instanceof Failure));
    }),
  );
});

Deno.test("portal answers: rejects a proxy's page without a retry", async () => {
  for (const [name, call] of operations) {
    const { http, requests } = answering("<html>Welcome</html>", 403, {
      "content-type": "text/html",
    });
    const error = await call(http).then(() => assert.fail(name), (error) => error);
    assert.ok(error instanceof Failure && error.code === "network", name);
    assert.match(
      error.message,
      /returned an unexpected response \(HTTP 403\)$/,
    );
    assert.equal(requests.length, 1, name);
  }
});

Deno.test("portal answers: gives up on an endless list", async () => {
  const page = JSON.stringify({ accountList: [], nextToken: "again" });
  const { http, requests } = answering(page);
  const error = await portalAccess(system, http, portal).accounts(token).catch((error) => error);
  assert.ok(error instanceof Failure && error.code === "aws");
  assert.equal(requests.length, 1000);
});

Deno.test("portal answers: a list with an invalid next page is not treated as complete", async () => {
  for (const nextToken of ["x".repeat(8193), "a b", 7]) {
    const { http } = answering(JSON.stringify({ accountList: [], nextToken }));
    await assert.rejects(portalAccess(system, http, portal).accounts(token), Failure);
  }
  for (const nextToken of [null, ""]) {
    const { http } = answering(JSON.stringify({ accountList: [], nextToken }));
    assert.deepEqual(await portalAccess(system, http, portal).accounts(token), []);
  }
});

Deno.test("portal answers: accepts only valid accounts and roles", async () => {
  const wrong = ["12", "1234567890123", "12345678901x", 123456789012, null];
  for (const accountId of wrong) {
    const { http } = answering(JSON.stringify({ accountList: [{ accountId }] }));
    await assert.rejects(portalAccess(system, http, portal).accounts(token), Failure);
  }
  for (const roleName of ["a b", "../x", "", "a".repeat(65), 7]) {
    const { http } = answering(JSON.stringify({ roleList: [{ roleName }] }));
    await assert.rejects(portalAccess(system, http, portal).roles(token, "1"), Failure);
  }
  const named = [{ accountId: "123456789012", accountName: "a\u001b[31m\nb\u202ec" }];
  const { http } = answering(JSON.stringify({ accountList: named }));
  const found = await portalAccess(system, http, portal).accounts(token);
  assert.ok(found !== tokenRefused);
  assert.match(found[0]?.name ?? "", /^a \[31m b c$/);
});

Deno.test("portal answers: tokens are in a header and in bodies, never in a URL", async () => {
  for (const [name, call] of operations) {
    const { http, requests } = answering("{}", 400);
    await call(http).catch(() => {});
    for (const { url } of requests) assert.ok(!url.includes(secret), name);
  }
});

Deno.test("portal answers: AWS's clock decides when credentials expire, within 12 hours", async () => {
  const ahead = 3_600_000;
  const now = system.now();
  const body = (expiration: number) =>
    JSON.stringify({
      roleCredentials: { accessKeyId: "ASIA", secretAccessKey: "s", sessionToken: "t", expiration },
    });
  const date = new Date(now + ahead).toUTCString();
  const { http } = answering(body(now + ahead + 1_800_000), 200, { date });
  const issued = await portalAccess(system, http, portal).roleCredentials(token, "1", "r");
  assert.ok(issued !== tokenRefused);
  assert.ok(Math.abs(issued.session.expires - now - 1_800_000) < 5000);
  const forever = answering(body(9e15));
  const long = await portalAccess(system, forever.http, portal).roleCredentials(token, "1", "r");
  assert.ok(long !== tokenRefused);
  assert.ok(long.session.expires <= system.now() + 12 * 3_600_000);
});

Deno.test("portal answers: retries throttled list requests", async () => {
  const waiting = patientSystem();
  const { http, requests } = answering("{}", 429);
  const call = { action: "A", method: "GET", url: "https://example.com/a" } as const;
  await assert.rejects(callJson(waiting, http, call), Failure);
  assert.equal(requests.length, 4);
  await assert.rejects(callJson(waiting, http, { ...call, attempts: 10 }), Failure);
  assert.equal(requests.length, 14);
  assert.ok(waiting.waits.every((wait) => wait <= 3000));
});

Deno.test("portal answers: fields are valid or absent", () => {
  const foreign = fc.dictionary(fc.string(), fc.anything(), { noNullPrototype: true });
  fc.assert(fc.property(foreign, fc.string(), (body, name) => {
    const text = tokenIn(body, name, 10);
    assert.ok(text === undefined || /^[\x21-\x7e]{1,10}$/.test(text));
    const label = nameIn(body, name);
    assert.ok(label === undefined || (!/\p{Cc}/u.test(label) && [...label].length <= 256));
    const number = numberIn(body, name);
    assert.ok(number === undefined || Number.isFinite(number));
    listIn(body, name, 3);
    objectIn(body, name);
  }));
  for (const name of ["__proto__", "constructor", "toString"]) {
    assert.equal(objectIn({}, name), undefined);
    assert.equal(tokenIn({}, name, 100), undefined);
  }
});
