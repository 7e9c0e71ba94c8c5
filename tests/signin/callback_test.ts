// The page on this machine that a sign-in comes back to: what it takes for an answer, what it refuses,
// and that nobody can hold it up.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import {
  type Callback,
  judged,
  newPkce,
  newState,
  openCallback,
} from "../../src/signin/portal/callback.ts";
import { encodePage, pages } from "../../src/signin/portal/callback_page.ts";
import { denoSystem } from "../../src/system/deno/system.ts";
import { parseHead } from "../../src/system/http_head.ts";

const state = "state-that-nobody-guesses";
const expected = { path: "/oauth/callback", state, host: "127.0.0.1:4321" };

function ask(target: string, method = "GET", host = expected.host) {
  return judged(parseHead(`${method} ${target} HTTP/1.1\r\nHost: ${host}`, 32_768), expected);
}

/** The status of a refusal; 0 for an answer. */
function statusOf(verdict: ReturnType<typeof judged>): number {
  return "page" in verdict ? verdict.page.status : 0;
}

Deno.test("callback: accepts a code or a denial with the right state", () => {
  const granted = ask(`/oauth/callback?code=the%2Bcode&state=${state}`);
  assert.ok("answer" in granted && "code" in granted.answer);
  assert.equal(granted.answer.code.reveal(), "the+code");
  const denied = ask(`/oauth/callback?error=access_denied&state=${state}&code=x`);
  assert.deepEqual(denied, { answer: { error: "access_denied" } });
  const strange = ask(`/oauth/callback?error=%1b%5B31mred&state=${state}`);
  assert.deepEqual(strange, { answer: { error: "error" } });
  const long = ask(`/oauth/callback?code=${"a".repeat(16_384)}&state=${state}`);
  assert.ok("answer" in long);
});

Deno.test("callback: rejects every other request", () => {
  const good = `code=c&state=${state}`;
  const table: readonly (readonly [number, ReturnType<typeof judged>])[] = [
    [404, ask(`/favicon.ico?${good}`)],
    [404, ask(`/oauth/callback/?${good}`)],
    [404, ask(`//oauth/callback?${good}`)],
    [404, ask(`/oauth/%63allback?${good}`)],
    [404, ask(`http://127.0.0.1:4321/oauth/callback?${good}`)],
    [403, ask("/oauth/callback")],
    [403, ask("/oauth/callback?code=c&state=")],
    [403, ask("/oauth/callback?code=c&state=guess")],
    [403, ask(`/oauth/callback?${good}&state=${state}`)],
    [403, ask(`/oauth/callback?code=c&state=${state.slice(1)}`)],
    [403, ask("/oauth/callback?error=access_denied&state=guess")],
    [400, ask(`/oauth/callback?state=${state}`)],
    [400, ask(`/oauth/callback?${good}&code=d`)],
    [400, ask(`/oauth/callback?code=a%20b&state=${state}`)],
    [400, ask(`/oauth/callback?code=${"a".repeat(16_385)}&state=${state}`)],
    [405, ask(`/oauth/callback?${good}`, "POST")],
    [405, ask(`/oauth/callback?${good}`, "HEAD")],
    [421, ask(`/oauth/callback?${good}`, "GET", "evil.example:4321")],
    [421, ask(`/oauth/callback?${good}`, "GET", "localhost:4321")],
    [400, judged(undefined, expected)],
  ];
  table.forEach(([status, verdict], index) => assert.equal(statusOf(verdict), status, `${index}`));
});

Deno.test("callback: rejects any response without the state", () => {
  const word = fc.oneof(
    fc.constantFrom("state", "code", "error", "oauth", "callback"),
    fc.string(),
  );
  const mark = fc.constantFrom("?", "&", "=", "/", "#", ";", "%", "");
  const target = fc.array(fc.tuple(mark, word)).map((parts) => parts.flat().join(""));
  fc.assert(fc.property(target, (text) => {
    fc.pre(!text.includes(state));
    assert.notEqual(statusOf(ask(`/oauth/callback?${encodeURI(text.toWellFormed())}`)), 0);
  }));
});

Deno.test("callback: pages run and load nothing, are not cached and repeat nothing of a request", () => {
  for (const page of Object.values(pages)) {
    const text = new TextDecoder().decode(encodePage(page));
    const [head = "", body = ""] = text.split("\r\n\r\n");
    assert.match(head, /Content-Security-Policy: default-src 'none';/);
    assert.match(head, /Cache-Control: no-store/);
    assert.match(head, /Referrer-Policy: no-referrer/);
    assert.doesNotMatch(body, /<script|http|style=/i);
    assert.equal(Number(/Content-Length: (\d+)/.exec(head)?.[1]), body.length);
  }
});

async function withCallback(run: (callback: Callback) => Promise<void>): Promise<void> {
  const callback = openCallback(denoSystem(), "/oauth/callback", state);
  try {
    await run(callback);
  } finally {
    await callback.close();
  }
}

Deno.test("callback: silent and slow connections delay no one, and one response is accepted", async () => {
  await withCallback(async (callback) => {
    const hostname = "127.0.0.1";
    const { port } = callback;
    const silent = await Promise.all([1, 2, 3].map(() => Deno.connect({ hostname, port })));
    const at = `http://127.0.0.1:${port}`;
    const answer = callback.answer(60_000, "--elsewhere");
    const visits = await Promise.all(
      Array.from({ length: 5 }, () => fetch(`${at}/oauth/callback?code=c&state=${state}`)),
    );
    const statuses = visits.map(({ status }) => status).sort();
    await Promise.all(visits.map((visit) => visit.body?.cancel()));
    assert.deepEqual(statuses, [200, 410, 410, 410, 410]);
    const found = await answer;
    assert.ok("code" in found && found.code.reveal() === "c");
    for (const connection of silent) connection.close();
  });
});

Deno.test("callback: listens only on 127.0.0.1 and frees the port afterward", async () => {
  const port = await new Promise<number>((resolve) =>
    void withCallback(async (callback) => {
      // On Linux all of 127/8 is this machine: another of its addresses is refused all the same.
      const other = Deno.connect({ hostname: "127.0.0.2", port: callback.port });
      await assert.rejects(other);
      resolve(callback.port);
    })
  );
  for (let left = 50; left > 0; left--) {
    const again = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
    again?.close();
    if (!again) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  assert.fail("the port is still open");
});

Deno.test("callback: times out with a hint about another way", async () => {
  await withCallback(async (callback) => {
    const error = await callback.answer(10, "--elsewhere").catch((error) => error);
    assert.ok(error instanceof Failure && error.code === "source");
    assert.match(error.hint ?? "", /--elsewhere/);
  });
});

Deno.test("callback: derives the challenge from the verifier (RFC 7636, appendix B)", async () => {
  // The appendix's example: 32 octets, their base64url, and the challenge.
  const octets = [
    ...[116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186],
    ...[22, 212, 37, 77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121],
  ];
  const random = () => Uint8Array.from(octets);
  const { verifier, challenge } = await newPkce({ random });
  assert.equal(verifier.reveal(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  assert.equal(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  assert.match(newState(denoSystem()), /^[A-Za-z0-9_-]{43}$/);
});
