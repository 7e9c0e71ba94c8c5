// Responses of the console's sign-in, of other servers in its place, and pasted codes.

import assert from "node:assert/strict";
import fc from "fast-check";
import { EmbeddedJWK, jwtVerify } from "jose";
import { authorizeUrl, createToken } from "../../src/aws/console_sign_in.ts";
import { dpopProof, newProofKey } from "../../src/aws/dpop.ts";
import {
  consoleKey,
  consoleName,
  consolePrincipal,
  type ConsoleSignIn,
  consoleSignInUrl,
} from "../../src/model/console_sign_in.ts";
import { Failure } from "../../src/model/failure.ts";
import { Secret } from "../../src/model/secret.ts";
import { readPastedCode } from "../../src/signin/portal/pasted_code.ts";
import type { Http, HttpRequest } from "../../src/system/http.ts";
import { openOrCreateStore, openStore } from "../../src/session/stores.ts";
import { encodeRecord } from "../../src/store/sealing/records.ts";
import { anyCharacter } from "../support/any_character.ts";
import { patientSystem } from "../support/real_http.ts";
import { testStart, testSystem } from "../support/test_system.ts";

const secret = "a-secret-that-must-not-be-quoted";
const place = { region: "eu-west-1", endpoint: "aws", client: "same-device" } as const;
const system = { ...patientSystem(), random: (length: number) => new Uint8Array(length) };
const key = await newProofKey();
const refresh = {
  kind: "refresh",
  refreshToken: new Secret(secret),
  arn: "arn:aws:iam::123456789012:user/ann",
} as const;
const redeem = {
  kind: "code",
  code: new Secret(secret),
  verifier: new Secret(secret),
  redirectUri: "http://127.0.0.1:1/oauth/callback",
} as const;

function answering(body: string, status = 200): { http: Http; requests: HttpRequest[] } {
  const requests: HttpRequest[] = [];
  const http: Http = {
    send: (request) => {
      requests.push(request);
      const headers = new Headers();
      return Promise.resolve({ status, headers, body: new TextEncoder().encode(body) });
    },
    [Symbol.dispose]: () => {},
  };
  return { http, requests };
}

const names = [
  ...["accessToken", "accessKeyId", "secretAccessKey", "sessionToken", "tokenType", "expiresIn"],
  ...["refreshToken", "idToken", "error", "message", "__type", "sub"],
];

Deno.test("aws-login answers: any JSON is parsed, or rejected without quoting it", async () => {
  const leaf = fc.oneof(
    fc.constant(secret),
    fc.string(),
    fc.double(),
    fc.integer(),
    fc.constant(null),
    fc.constantFrom("TOKEN_EXPIRED", "INSUFFICIENT_PERMISSIONS", "constructor", "INVALID_REQUEST"),
  );
  const value = fc.letrec((tie) => ({
    node: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie("node"), { maxLength: 3 }), tie("record")),
    record: fc.dictionary(fc.constantFrom(...names, "__proto__"), tie("node"), { maxKeys: 8 }),
  })).record;
  const status = fc.constantFrom(200, 200, 200, 204, 301, 400, 403, 404, 429, 500, 503);
  const grant = fc.constantFrom(refresh, redeem);
  await fc.assert(
    fc.asyncProperty(value, status, grant, async (body, status, grant) => {
      const { http } = answering(JSON.stringify(body), status);
      try {
        const made = await createToken(system, http, place, key, grant);
        if (typeof made === "string") assert.equal(grant.kind, "refresh");
        else assert.ok(made.session.expires > made.session.issued);
      } catch (error) {
        assert.ok(error instanceof Failure, String(error));
        const words = `${error.message} ${error.hint}`;
        assert.ok(!words.includes(secret), words);
      }
    }),
    { numRuns: 300 },
  );
});

const identity = (claims: unknown) => {
  const bytes = new TextEncoder().encode(JSON.stringify(claims));
  return `e30.${bytes.toBase64({ alphabet: "base64url", omitPadding: true })}.c2ln`;
};

const whole = {
  accessToken: { accessKeyId: "ASIAIOSFODNN7EXAMPLE", secretAccessKey: secret, sessionToken: "t" },
  tokenType: "aws_sigv4",
  expiresIn: 900,
  refreshToken: "next",
  idToken: identity({ sub: "arn:aws:iam::123456789012:root" }),
};

Deno.test("aws-login answers: a response without a required field is rejected", async () => {
  const made = await createToken(system, answering(JSON.stringify(whole)).http, place, key, redeem);
  assert.ok(typeof made === "object");
  assert.equal(made.session.arn, "arn:aws:iam::123456789012:root");
  assert.equal(made.refreshToken.reveal(), "next");
  const broken: object[] = [
    { ...whole, expiresIn: 0 },
    { ...whole, expiresIn: -1 },
    { ...whole, expiresIn: "900" },
    { ...whole, refreshToken: undefined },
    { ...whole, refreshToken: "x".repeat(16 * 1024 + 1) },
    { ...whole, idToken: undefined },
    { ...whole, idToken: identity({ sub: "arn:aws:iam::1:root" }) },
    { ...whole, idToken: identity({ sub: "somebody" }) },
    { ...whole, idToken: identity(["sub"]) },
    { ...whole, idToken: `${whole.idToken}.x` },
    { ...whole, accessToken: { ...whole.accessToken, sessionToken: "a b" } },
    { ...whole, accessToken: undefined },
  ];
  for (const body of broken) {
    const { http } = answering(JSON.stringify(body));
    await assert.rejects(
      createToken(system, http, place, key, redeem),
      (error) =>
        error instanceof Failure && /incomplete response|already expired/.test(error.message),
      JSON.stringify(body),
    );
  }
  // A refresh returns no identity token, and an excessive lifetime is reduced.
  const { idToken: _, ...short } = { ...whole, expiresIn: 1e9 };
  const { http } = answering(JSON.stringify(short));
  const refreshed = await createToken(system, http, place, key, refresh);
  assert.ok(typeof refreshed === "object");
  assert.equal(refreshed.session.arn, refresh.arn);
  assert.ok(refreshed.session.expires <= system.now() + 12 * 3600_000);
});

Deno.test("aws-login answers: each attempt of a call has its own proof", async () => {
  let count = 0;
  const drawing = { ...system, random: (length: number) => new Uint8Array(length).fill(++count) };
  const { http, requests } = answering("{}", 500);
  await assert.rejects(createToken(drawing, http, place, key, refresh), Failure);
  const proofs = requests.map(({ headers }) => headers.dpop);
  assert.equal(requests.length, 4);
  assert.equal(new Set(proofs).size, 4);
});

Deno.test("dpop: jose verifies the proof of any request, which holds only the public key", async () => {
  const claims = fc.record({
    url: fc.webUrl(),
    now: fc.integer({ min: 0, max: 4e12 }),
    id: fc.uuid(),
  });
  await fc.assert(
    fc.asyncProperty(claims, async (asked) => {
      const proof = await dpopProof(key, asked);
      assert.match(proof, /^[\w-]+\.[\w-]+\.[\w-]+$/);
      const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
        typ: "dpop+jwt",
        algorithms: ["ES256"],
      });
      const iat = Math.floor(asked.now / 1000);
      assert.deepEqual(payload, { htm: "POST", htu: asked.url, iat, jti: asked.id });
      const { x, y } = key;
      assert.deepEqual(protectedHeader.jwk, { kty: "EC", crv: "P-256", x, y });
    }),
    { numRuns: 30 },
  );
});

Deno.test("pasted code: accepts what the page shows, however it was copied", () => {
  const letters = fc.stringMatching(/^[\w.~-]{1,120}$/);
  const breaks = fc.array(fc.tuple(fc.nat(), fc.constantFrom(" ", "\n", "\r\n", "\t")));
  fc.assert(fc.property(letters, letters, breaks, fc.boolean(), (state, code, spaces, url) => {
    let text = btoa(`state=${state}&code=${code}`);
    if (url) text = text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
    for (const [at, space] of spaces) {
      const cut = at % (text.length + 1);
      text = text.slice(0, cut) + space + text.slice(cut);
    }
    const read = readPastedCode(text, state);
    assert.equal(typeof read === "object" ? read.code.reveal() : read, code);
    assert.equal(readPastedCode(text, `${state}x`), "foreign");
  }));
});

Deno.test("pasted code: rejects any other text without an exception", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.base64String(), fc.string({ unit: anyCharacter })),
      (text) => {
        assert.equal(readPastedCode(text, "state"), "incomplete");
      },
    ),
  );
  const odd = [
    "state=a",
    "code=b",
    "state=a&state=a&code=b",
    "state=a&code=b&code=c",
    "state=a&code=",
    "state=a&code=b%00",
    `state=a&code=${"b".repeat(513)}`,
  ];
  for (const text of odd) assert.equal(readPastedCode(btoa(text), "a"), "incomplete", text);
  assert.equal(readPastedCode("A".repeat(100_000), "a"), "incomplete");
});

Deno.test("sign-in hosts: follow the region's partition, with FIPS only in GovCloud", () => {
  const hosts: readonly (readonly [string, string])[] = [
    ["us-east-1", "us-east-1.signin.aws.amazon.com"],
    ["cn-north-1", "cn-north-1.signin.amazonaws.cn"],
    ["us-gov-east-1", "us-gov-east-1.signin.amazonaws-us-gov.com"],
    ["eusc-de-east-1", "eusc-de-east-1.signin.amazonaws-eusc.eu"],
    ["us-iso-east-1", "us-iso-east-1.signin.c2shome.ic.gov"],
    ["us-isob-east-1", "us-isob-east-1.signin.sc2shome.sgov.gov"],
    ["eu-isoe-west-1", "eu-isoe-west-1.signin.csphome.adc-e.uk"],
    ["us-isof-south-1", "us-isof-south-1.signin.csphome.hci.ic.gov"],
  ];
  for (const [region, host] of hosts) {
    assert.equal(consoleSignInUrl({ region, endpoint: "aws" }), `https://${host}`);
  }
  const fips = (region: string) => consoleSignInUrl({ region, endpoint: "fips" });
  assert.equal(fips("us-gov-west-1"), "https://signin-fips.amazonaws-us-gov.com");
  assert.equal(fips("us-gov-east-1"), "https://us-gov-east-1.signin-fips.amazonaws-us-gov.com");
  assert.throws(() => fips("us-east-1"), /no FIPS endpoint/);
  const endpoint = "https://vpce-1.example.com";
  assert.equal(consoleSignInUrl({ region: "us-east-1", endpoint }), endpoint);
});

Deno.test("authorize: the URL names the challenge method as AWS does and holds no secret", () => {
  const redirectUri = "http://127.0.0.1:4711/oauth/callback";
  const url = new URL(authorizeUrl(place, { redirectUri, state: "s", challenge: "c" }));
  assert.equal(url.origin + url.pathname, "https://eu-west-1.signin.aws.amazon.com/v1/authorize");
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    response_type: "code",
    client_id: "arn:aws:signin:::devtools/same-device",
    state: "s",
    code_challenge_method: "SHA-256",
    scope: "openid",
    redirect_uri: redirectUri,
    code_challenge: "c",
  });
});

const session = {
  accessKeyId: "ASIAIOSFODNN7EXAMPLE",
  secretAccessKey: new Secret(secret),
  sessionToken: new Secret(secret),
  issued: testStart,
  expires: testStart + 900_000,
  arn: "arn:aws:sts::123456789012:assumed-role/Developer/ann",
  account: "123456789012",
};

function signInAs(endpoint: ConsoleSignIn["endpoint"]): ConsoleSignIn {
  const principal = consolePrincipal(session.arn);
  const refreshToken = new Secret(secret.repeat(300));
  return { ...place, endpoint, principal, refreshToken, proofKey: key, session };
}

const plain = (each: ConsoleSignIn | undefined) =>
  each && new TextDecoder().decode(encodeRecord(each));

Deno.test("console sign-ins: sealed under opaque names, one per endpoint", async () => {
  const machine = testSystem();
  const store = await openOrCreateStore(machine);
  const all = (["aws", "fips", "https://vpce-1.example.com"] as const).map(signInAs);
  for (const each of all) await store.shared.consoles.save(consoleKey(each), each);
  const folder = `${store.home}/consoles`;
  const files = machine.files.list(folder);
  assert.equal(files.length, 3);
  for (const name of files) {
    assert.match(name, /^[0-9a-f]{32}$/);
    const path = `${folder}/${name}`;
    assert.equal(machine.files.facts(path)?.mode, 0o600);
    const text = new TextDecoder().decode(machine.files.read(path));
    assert.ok(![secret, key.d.reveal(), "Developer"].some((each) => text.includes(each)));
  }
  const again = await openStore(machine);
  for (const each of all) {
    assert.equal(plain(await again?.shared.consoles.find(consoleKey(each))), plain(each));
  }
  const { principal } = signInAs("aws");
  assert.equal(consoleName({ principal }, { fips: true }), consoleKey(signInAs("fips")));
  await store.removeAll();
  assert.deepEqual(machine.files.list(folder), []);
});
