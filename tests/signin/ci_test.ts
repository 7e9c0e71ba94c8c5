import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import { checkSessionName } from "../../src/model/limits.ts";
import { ciRun, ciSystems, runningCi } from "../../src/signin/ci/systems.ts";
import { askEndpoint, endpointIn, type TokenEndpoint } from "../../src/signin/ci/endpoint.ts";
import { ciSessionName } from "../../src/sources/web_identity_role.ts";
import { connect } from "../../src/system/http.ts";
import { anyCharacter } from "../support/any_character.ts";
import { testSystem } from "../support/test_system.ts";

const environment = (variables: Readonly<Record<string, string>>) => ({
  get: (name: string): string | undefined =>
    Object.hasOwn(variables, name) ? variables[name] : undefined,
});

Deno.test("ci: the binary's permissions cover every variable that is read", async () => {
  const { permissions } = JSON.parse(await Deno.readTextFile("deno.json"));
  const allowed = new Set<string>(permissions.default.env);
  for (const { mark, run, reads } of ciSystems) {
    for (const name of [mark, ...run, ...reads]) assert.ok(allowed.has(name), name);
  }
});

Deno.test("ci: recognizes each system, and tells Forgejo from GitHub", () => {
  for (const { name, mark } of ciSystems) {
    assert.equal(runningCi(environment({ [mark]: "true" }))?.name, name);
  }
  const forgejo = environment({ GITHUB_ACTIONS: "true", FORGEJO_ACTIONS: "true" });
  assert.equal(runningCi(forgejo)?.name, "forgejo");
  assert.equal(runningCi(environment({ CI: "true", GITHUB_ACTIONS: "" })), undefined);
  assert.equal(ciSessionName(environment({})), undefined);
  assert.deepEqual(ciRun(environment({})), {});
});

Deno.test("ci: another job is another identity", () => {
  for (const { mark, run } of ciSystems) {
    const first = Object.fromEntries([mark, ...run].map((name) => [name, "1"]));
    for (const name of run) {
      assert.notDeepEqual(ciRun(environment(first)), ciRun(environment({ ...first, [name]: "2" })));
    }
  }
});

Deno.test("ci: any job name yields a valid session name", () => {
  const system = fc.constantFrom(...ciSystems);
  const value = fc.oneof(fc.string({ unit: anyCharacter, maxLength: 200 }), fc.uuid());
  fc.assert(fc.property(system, fc.tuple(value, value), ({ name, mark, run }, values) => {
    const variables = Object.fromEntries(run.map((each, index) => [each, values[index] ?? ""]));
    const sessionName = ciSessionName(environment({ ...variables, [mark]: "true" })) ?? "";
    assert.equal(checkSessionName(sessionName), sessionName);
    assert.ok(sessionName.startsWith(name));
  }));
});

// Token endpoints.

Deno.test("ci: a token endpoint must be https or on this machine", () => {
  const good = ["https://ci.example.com/token?a=b", "http://127.0.0.1:80/", "HTTP://localhost/x"];
  for (const text of good) assert.ok(endpointIn(text, "URL") instanceof URL);
  const bad = [
    ...["", "ci.example.com", "ftp://ci.example.com/", "file:///etc/passwd", "javascript:1"],
    ...["http://ci.example.com/", "http://127.0.0.1.example.com/", "https://u:p@ci.example.com/"],
    ...["https://ci.example.com/\n", "https:/ci.example.com", "http://[::2]/"],
  ];
  for (const text of bad) {
    assert.throws(() => endpointIn(text, "URL"), (error) => {
      assert.ok(error instanceof Failure && error.code === "source", text);
      assert.ok(!error.message.includes("u:p"), error.message);
      return true;
    });
  }
});

const endpoint: TokenEndpoint = {
  method: "GET",
  url: new URL("https://ci.example.com/token"),
  bearer: "the-bearer",
  bearerVariable: "CI_BEARER",
  field: "value",
  title: "The CI",
  permission: "allow it",
};

/** Requests a token from an endpoint with these responses, one per request; the last one repeats. */
async function ask(answers: readonly (() => Response)[], bearer = endpoint.bearer) {
  const requests: Request[] = [];
  const system = testSystem();
  const fetch = (url: string, init: RequestInit) => {
    requests.push(new Request(url, init));
    const answer = answers[Math.min(requests.length, answers.length) - 1];
    return Promise.resolve(answer?.() ?? Response.error());
  };
  system.http = () => Promise.resolve(connect(fetch, () => {}));
  system.sleep = () => Promise.resolve();
  const outcome = await askEndpoint({ system }, { ...endpoint, bearer })
    .catch((error) => error);
  return { outcome, requests };
}

Deno.test("ci: requests the token with the job's own and follows no redirect", async () => {
  const { outcome, requests } = await ask([() => Response.json({ value: "a.b.c", more: 1 })]);
  assert.equal(outcome, "a.b.c");
  const [request] = requests;
  assert.equal(request?.headers.get("authorization"), "Bearer the-bearer");
  assert.equal(request?.redirect, "manual");
});

const html = { headers: { "content-type": "text/html; charset=utf-8" } };
const strange: readonly (readonly [string, () => Response, RegExp, RegExp?])[] = [
  [
    "a refusal",
    () => Response.json({ value: "a.b.c" }, { status: 403 }),
    /denied.*403/,
    /allow it/,
  ],
  [
    "a token of a job that has ended",
    () => new Response("", { status: 401 }),
    /^The CI rejected the token in CI_BEARER \(HTTP 401\)$/,
    /running job/,
  ],
  [
    "a page",
    () => new Response("<html>hello</html>", html),
    /did not return an identity token.*text\/html/,
  ],
  ["a way elsewhere", () => Response.redirect("https://evil.example.com/"), /HTTP 302/],
  ["a number", () => Response.json({ value: 7 }), /did not return an identity token/],
  ["an inherited field", () => Response.json([]), /did not return an identity token/],
  ["nothing", () => new Response(""), /HTTP 200, no content type|text\/plain/],
  ["too much", () => new Response("x".repeat(1024 * 1024 + 1)), /more than 1 MiB/],
];
for (const [name, answer, says, hint = /(?:)/] of strange) {
  Deno.test(`ci: ${name} is not a token: one request, and one sentence`, async () => {
    const { outcome, requests } = await ask([answer]);
    assert.ok(outcome instanceof Failure, String(outcome));
    assert.match(outcome.message, says);
    assert.match(outcome.hint ?? "", hint);
    assert.ok(!outcome.message.includes("a.b.c") && !outcome.message.includes("hello"));
    assert.equal(requests.length, 1);
  });
}

Deno.test("ci: makes at most three requests on temporary failures", async () => {
  const busy = () => new Response("busy", { status: 503 });
  const good = () => Response.json({ value: "a.b.c" });
  const third = await ask([busy, busy, good]);
  assert.deepEqual([third.outcome, third.requests.length], ["a.b.c", 3]);
  const never = await ask([busy]);
  assert.equal(never.requests.length, 3);
  assert.match(never.outcome.message, /failed to issue an identity token \(HTTP 503\)/);
});

Deno.test("ci: gives up on a silent endpoint after three requests", async () => {
  const system = testSystem();
  let requests = 0;
  const silent = (_url: string, { signal }: RequestInit) => {
    requests++;
    return new Promise<Response>((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  };
  system.http = () => Promise.resolve(connect(silent, () => {}));
  system.sleep = () => Promise.resolve();
  const outcome = await askEndpoint({ system }, endpoint, 10).catch((error) => error);
  assert.match(outcome.message, /ci\.example\.com did not answer within 0\.01 s/);
  assert.equal(requests, 3);
});

Deno.test("ci: neither sends nor quotes a malformed bearer token", async () => {
  for (const bearer of ["", "two words", "a\r\nX-Evil: 1", "x".repeat(16_385)]) {
    const { outcome, requests } = await ask([() => Response.json({})], bearer);
    assert.ok(outcome instanceof Failure && outcome.code === "source");
    assert.ok(bearer === "" || !outcome.message.includes(bearer));
    assert.equal(requests.length, 0);
  }
});
