/** Answers that the fake AWS does not give: made by hand, or by a transport that reads a script. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { cleaned, explainRefusal } from "../../src/aws/explain.ts";
import type { Refusal } from "../../src/aws/refusal.ts";
import { mostAttempts, waitBefore } from "../../src/aws/retry.ts";
import { connectSts } from "../../src/aws/sts.ts";
import { Failure } from "../../src/model/failure.ts";
import { Secret } from "../../src/model/secret.ts";
import type { Http, HttpAnswer, HttpRequest } from "../../src/system/http.ts";
import { anyCharacter } from "../support/any_character.ts";
import { patientSystem } from "../support/real_http.ts";

const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const key = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: new Secret(secret) };
const endpoint = { url: "https://sts.eu-west-1.amazonaws.com", signingRegion: "eu-west-1" };

/** A transport that gives these answers in turn, the last again and again. */
function scripted(
  ...script: (HttpAnswer | Failure)[]
): Http & { readonly requests: HttpRequest[] } {
  const requests: HttpRequest[] = [];
  return {
    requests,
    send: (request) => {
      const answer = script[Math.min(requests.push(request), script.length) - 1];
      return answer instanceof Failure ? Promise.reject(answer) : Promise.resolve(answer!);
    },
    [Symbol.dispose]: () => {},
  };
}

function answer(status: number, body: string, headers: Record<string, string> = {}): HttpAnswer {
  return { status, headers: new Headers(headers), body: new TextEncoder().encode(body) };
}

const identity = "<GetCallerIdentityResponse><GetCallerIdentityResult>" +
  "<Arn>arn:aws:iam::123456789012:user/me</Arn><UserId>AIDAIOSFODNN7EXAMPLE</UserId>" +
  "<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
const throttled =
  "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>";

Deno.test("sts: a request contains the access key ID and no secret", async () => {
  const http = scripted(answer(200, identity));
  await connectSts(patientSystem(), http, endpoint).getCallerIdentity({
    ...key,
    sessionToken: new Secret("token"),
  });
  const [request] = http.requests;
  assert.ok(request);
  assert.equal(request.url, "https://sts.eu-west-1.amazonaws.com/");
  assert.equal(request.method, "POST");
  assert.equal(request.body, "Action=GetCallerIdentity&Version=2011-06-15");
  assert.match(
    request.headers["authorization"] ?? "",
    /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/\d{8}\/eu-west-1\/sts\/aws4_request, /,
  );
  assert.equal(request.headers["x-amz-security-token"], "token");
  assert.match(request.headers["user-agent"] ?? "", /^athm /);
  assert.ok(!JSON.stringify(request).includes(secret));
});

Deno.test("sts: keeps the endpoint's path", async () => {
  const http = scripted(answer(200, identity));
  const sts = connectSts(patientSystem(), http, { ...endpoint, url: "http://[::1]:8080/sts" });
  await sts.getCallerIdentity(key);
  assert.equal(http.requests[0]?.url, "http://[::1]:8080/sts/");
});

Deno.test("sts: waits for a short Retry-After and fails on a long one", async () => {
  const short = patientSystem();
  await connectSts(
    short,
    scripted(answer(400, throttled, { "retry-after": "3" }), answer(200, identity)),
    endpoint,
  ).getCallerIdentity(key);
  assert.deepEqual(short.waits, [3000]);

  const long = patientSystem();
  const http = scripted(answer(429, throttled, { "retry-after": "60" }));
  await assert.rejects(
    connectSts(long, http, endpoint).getCallerIdentity(key),
    /sts\.eu-west-1\.amazonaws\.com refused GetCallerIdentity: too many requests/,
  );
  assert.deepEqual([long.waits, http.requests.length], [[], 1]);
});

Deno.test("sts: ignores the time of a cached response", async () => {
  const date = "Tue, 01 Jan 2019 00:00:00 GMT";
  for (const [headers, believed] of [[{ date, age: "5" }, false], [{ date }, true]] as const) {
    const sts = connectSts(patientSystem(), scripted(answer(200, identity, headers)), endpoint);
    await sts.getCallerIdentity(key);
    assert.equal(sts.skew < 0, believed);
  }
});

Deno.test("sts: reports an untrusted certificate without a retry", async () => {
  const untrusted = new Failure("tls", "the certificate of x is not trusted", "--ca-bundle FILE");
  const http = scripted(untrusted);
  const sts = connectSts(patientSystem(), http, endpoint);
  await assert.rejects(sts.getCallerIdentity(key), (error) => error === untrusted);
  assert.equal(http.requests.length, 1);
});

Deno.test("sts: traces each attempt, without a secret", async () => {
  const events: unknown[] = [];
  const system = {
    ...patientSystem(),
    trace: (event: string, fields: unknown) => void events.push([event, fields]),
  };
  const id = "4c5e5d3c-0000-0000-0000-000000000000";
  const http = scripted(
    answer(400, throttled),
    answer(200, identity, { "x-amzn-requestid": id }),
  );
  await connectSts(system, http, endpoint).getCallerIdentity(key);
  const text = JSON.stringify(events);
  assert.match(text, /"attempt":1,"result":"Throttling","status":400/);
  assert.match(text, /"attempt":2,"result":"done","status":200,"request":"4c5e5d3c/);
  assert.ok(!text.includes(secret));
});

const refusal: Refusal = {
  host: "sts.eu-west-1.amazonaws.com",
  action: "AssumeRole",
  status: 403,
  code: "AccessDenied",
  message: "no",
  region: "eu-west-1",
  temporary: false,
  skew: 0,
  secrets: [],
};

Deno.test("sts: reads an error in S3's form, with its code, message and request ID", async () => {
  const error = (inside: string) =>
    `\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inside}</Error>`;
  const cases: [status: number, body: string, says: RegExp, code: string][] = [
    [
      403,
      error("<Code>AccessDenied</Code><Message>not you</Message><HostId>a</HostId>"),
      /^sts\.eu-west-1\.amazonaws\.com refused GetCallerIdentity: not you \(request ID tx00-1\)$/,
      "aws",
    ],
    [403, error("<Code>AccessDenied</Code>"), /: access denied \(request/, "aws"],
    [403, error("<Code>InvalidAccessKeyId</Code>"), /key ID does not exist there/, "aws"],
    [403, error("<Code>SignatureDoesNotMatch</Code>"), /signature does not match/, "aws"],
    [404, error("<Code>NoSuchEntity</Code><Message>no x</Message>"), /: no x \(/, "aws"],
    [405, error("<Code>MethodNotAllowed</Code>"), /does not offer GetCaller/, "aws-not-offered"],
    [
      400,
      "<ErrorResponse><Error><Code>InvalidParameterValue</Code>" +
      "<Message>Unsupported action GetCallerIdentity</Message></Error></ErrorResponse>",
      /does not offer GetCaller/,
      "aws-not-offered",
    ],
    [501, error("<Code>NotImplemented</Code>"), /does not offer GetCaller/, "aws-not-offered"],
    [503, error("<Code>SlowDown</Code>"), /too many requests/, "aws-passing"],
    [500, error("<Code>InternalError</Code>"), /server error .*InternalError/, "aws-passing"],
    [403, error("<Resource>x</Resource>"), /Unknown \(HTTP 403\)/, "aws"],
    [200, error("<Code>AccessDenied</Code>"), /incomplete response/, "network"],
    [403, "<Error><Code>AccessDenied</Code>", /incomplete response/, "network"],
    [403, "<Errors><Code>AccessDenied</Code></Errors>", /not return an STS response/, "network"],
  ];
  for (const [status, body, says, code] of cases) {
    const http = scripted(answer(status, body, { "x-amz-request-id": "tx00-1" }));
    const failure = await connectSts(patientSystem(), http, endpoint).getCallerIdentity(key)
      .then(() => assert.fail("it succeeded"), (error) => error);
    assert.ok(failure instanceof Failure, String(failure));
    assert.match(failure.message, says);
    assert.equal(failure.code, code, failure.message);
  }
});

Deno.test("sts: whatever an <Error> holds, it is one short sentence without the key", async () => {
  const inside = fc.oneof(fc.string({ unit: anyCharacter, maxLength: 300 }), fc.constant(secret));
  await fc.assert(
    fc.asyncProperty(inside, inside, async (code, message) => {
      const body = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
      const failure = await connectSts(patientSystem(), scripted(answer(403, body)), endpoint)
        .getCallerIdentity(key).then(() => assert.fail("it succeeded"), (error) => error);
      assert.ok(failure instanceof Failure, String(failure));
      assert.ok(failure.message.length < 500 && !failure.message.includes(secret));
    }),
    { numRuns: 50 },
  );
});

const codes: [code: string, message: string, says: RegExp][] = [
  ["RegionDisabledException", "x", /STS is not activated in eu-west-1/],
  ["UnrecognizedClientException", "x", /the access key ID does not exist/],
  ["ExpiredToken", "x", /have expired/],
  ["TooManyRequestsException", "x", /too many requests/],
  [
    "SignatureDoesNotMatch",
    "Signature expired: 2026 is now earlier",
    /time differs from AWS's: .* 20 min behind/,
  ],
  ["SignatureDoesNotMatch", "The request signature we calculated", /signature does not match/],
  [
    "SignatureDoesNotMatch",
    "Credential should be scoped to a valid region.",
    /signed for eu-west-1/,
  ],
  ["RequestTimeTooSkewed", "x", /time differs from AWS's: this machine's clock is 20 min behind/],
  ["MissingAuthenticationToken", "x", /without its signature/],
  [
    "AccessDenied",
    "User: a is not authorized to perform: sts:TagSession on resource: b",
    /TagSession/,
  ],
  [
    "PackedPolicyTooLarge",
    "it uses 137% of it",
    /at most 4,096 bytes: they need 137% of its space/,
  ],
  ["PackedPolicyTooLarge", "too much", /at most 4,096 bytes: too much/],
  ["", "x", /without a reason \(HTTP 403\)/],
  ["<script>", "x", /without a reason/],
];
for (const [code, message, says] of codes) {
  Deno.test(`explainRefusal(${code}, ${message}) is one sentence`, () => {
    const failure = explainRefusal({ ...refusal, code, message, skew: 20 * 60_000 });
    assert.match(failure.message, says);
    assert.match(
      failure.message,
      /^sts\.eu-west-1\.amazonaws\.com refused AssumeRole: [^\n]+[^.]$/,
    );
  });
}

Deno.test("explainRefusal accepts only a well-formed request ID", () => {
  const said = (requestId: string) => explainRefusal({ ...refusal, requestId }).message;
  assert.match(said("4c5e-5d3c"), / \(request ID 4c5e-5d3c\)$/);
  assert.ok(!said("\u001b[31m").includes("request id"));
});

Deno.test("cleaned keeps ARNs and removes whatever looks like a key", () => {
  const arn = "arn:aws:iam::123456789012:role/Team1/SubTeam/Department7/AnotherLevel9/TheRole";
  assert.equal(cleaned(`not on ${arn}.`, []), `not on ${arn}`);
  assert.equal(cleaned(`key ${secret} x`, []), "key [secret] x");
  assert.equal(cleaned("jwt eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.abc_-", []), "jwt [secret]");
  assert.equal(cleaned("code 123456 wrong.\r\n\u0007", ["123456"]), "code [secret] wrong");
  assert.equal(cleaned("", []), "no reason given");
  assert.equal(cleaned(`no ${"a".repeat(1_000_000)}`, []), "no");
});

Deno.test("cleaned is one line of at most 300 characters without the secrets", () => {
  const word = fc.string({ unit: anyCharacter, maxLength: 200 });
  fc.assert(fc.property(word, word, (before, after) => {
    const text = cleaned(`${before}${secret}${after}${"x ".repeat(200)}`, [secret]);
    assert.ok(
      text.length <= 300 && !/[\p{C}\u2028\u2029]/u.test(text.replace(/[\ud800-\udfff]/g, "")),
    );
    assert.ok(!text.includes(secret));
  }));
});

Deno.test("waitBefore stops after the last attempt and never exceeds its limit", () => {
  const passing = new Failure("network", "x");
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (attempt, chance) => {
        const wait = waitBefore({ failure: passing }, attempt, { chance: () => chance });
        if (attempt >= mostAttempts) assert.equal(wait, undefined);
        else assert.ok(wait !== undefined && wait >= 0 && wait <= 1000);
      },
    ),
  );
  const refused = { failure: new Failure("aws", "x") };
  assert.equal(waitBefore(refused, 1, { chance: () => 0 }), undefined);
});
