import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import {
  describeToken,
  readIdentityToken,
  shownAudience,
} from "../../src/signin/ci/identity_token.ts";
import { anyCharacter } from "../support/any_character.ts";

const base64url = (text: string) =>
  new TextEncoder().encode(text).toBase64({ alphabet: "base64url", omitPadding: true });

/** A token with these claims and an invalid signature. */
function tokenOf(claims: unknown, header: unknown = { alg: "RS256" }): string {
  return [JSON.stringify(header), JSON.stringify(claims), "a signature"].map(base64url).join(".");
}

/** The failure for a text that is no token; nothing of a text that is long enough is quoted. */
function refused(text: string): Failure {
  try {
    readIdentityToken(text, "FILE");
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.code, "source");
    const all = `${error.message} ${error.hint}`;
    if (text.trim().length > 24) assert.ok(!all.includes(text.trim()), all);
    return error;
  }
  assert.fail("it was accepted as a token");
}

Deno.test("identity token: reads its claims and trims white space", () => {
  const claims = { iss: "https://op", sub: "repo:a/b", aud: ["x", 7, "y"], exp: 1_767_225_600 };
  const token = readIdentityToken(` ${tokenOf(claims)}\r\n`, "FILE");
  assert.equal(token.token.reveal(), tokenOf(claims));
  assert.equal(String(token.token), "[secret]");
  const { issuer, subject, audience, expires } = token;
  assert.deepEqual([issuer, subject, audience], ["https://op", "repo:a/b", ["x", "y"]]);
  assert.equal(expires, 1_767_225_600_000);
  assert.equal(
    describeToken(token),
    'iss "https://op", aud "x" and "y", sub "repo:a/b", valid until 2026-01-01T00:00:00Z',
  );
  const bare = readIdentityToken(tokenOf({}), "FILE");
  assert.equal(describeToken(bare), "no iss, no aud, no sub, no end");
});

Deno.test("identity token: accepts the lengths that STS accepts", () => {
  const rest = tokenOf({}).length;
  const long = tokenOf({ x: "" }).length;
  assert.ok(rest > 4 && long < 20_000);
  const signature = (length: number) => `${tokenOf({})}${"A".repeat(length - rest)}`;
  assert.equal(readIdentityToken(signature(20_000), "F").token.reveal().length, 20_000);
  assert.match(refused(signature(20_001)).message, /returned 20001 characters.* 4 to 20000/);
  assert.match(refused("a.b").message, /returned 3 characters/);
  assert.match(refused(" \n").message, /an empty token/);
});

const misfits: readonly (readonly [name: string, text: string, says: RegExp])[] = [
  ["JSON around it", JSON.stringify({ value: tokenOf({}) }), /returned JSON/],
  ["a quoted token", JSON.stringify(tokenOf({})), /returned JSON/],
  ["HTML", "<!doctype html><title>Sign in</title>", /did not return a signed JSON Web Token/],
  ["one without a signature", tokenOf({}).replace(/[^.]+$/, ""), /did not return a signed/],
  ["an encrypted one", `${tokenOf({})}.AAAA.AAAA`, /did not return a signed/],
  ["a header that is no object", tokenOf({}, ["alg"]), /did not return a signed/],
  ["claims that are no object", tokenOf("sub"), /did not return a signed/],
  [
    "claims that are not JSON",
    `${base64url("{}")}.${base64url("{")}.AAAA`,
    /did not return a signed/,
  ],
  ["claims that are not UTF-8", `${base64url("{}")}._w.AAAA`, /did not return a signed/],
  ["an access key", "AKIAIOSFODNN7EXAMPLE", /did not return a signed/],
];
for (const [name, text, says] of misfits) {
  Deno.test(`identity token: ${name} is rejected and not quoted`, () => {
    assert.match(refused(text).message, says);
  });
}

Deno.test("identity token: any text is parsed or rejected", () => {
  const pieces = fc.array(fc.constantFrom(".", "e", "eyJ9", "{", "}", '"', "=", "_", "\u0000"));
  const texts = fc.oneof(
    fc.string({ unit: anyCharacter }),
    pieces.map((some) => some.join("")),
    fc.json().map((json) => tokenOf(JSON.parse(json))),
  );
  fc.assert(fc.property(texts, (text) => {
    try {
      describeToken(readIdentityToken(text, "FILE"));
    } catch (error) {
      assert.ok(error instanceof Failure, String(error));
    }
  }));
});

Deno.test("identity token: shows any claims shortened and in ASCII", () => {
  const claim = fc.oneof(fc.string({ unit: anyCharacter, maxLength: 400 }), fc.jsonValue());
  const claims = fc.record({ iss: claim, sub: claim, aud: claim, exp: fc.jsonValue() });
  fc.assert(fc.property(claims, (each) => {
    const text = describeToken(readIdentityToken(tokenOf(each), "FILE"));
    assert.match(text, /^[\x20-\x7e…]+$/);
    assert.ok(text.length < 2000);
  }));
  const many = Array.from({ length: 500 }, () => `\u202e${"x".repeat(400)}`);
  assert.match(shownAudience(many), /^[\x20-\x7e…]{1,600}$/);
});
