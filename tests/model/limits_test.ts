import assert from "node:assert/strict";
import fc from "fast-check";
import {
  checkAccessKeyId,
  checkDuration,
  checkExternalId,
  checkMfaSerial,
  checkPolicy,
  checkPolicyArns,
  checkSecretAccessKey,
  checkSessionName,
  checkSourceIdentity,
  checkTags,
  checkTokenCode,
  checkTransitiveTags,
  legalSessionName,
  parseTag,
} from "../../src/model/limits.ts";
import { anyCharacter } from "../support/any_character.ts";
import { refuses } from "../support/refuses.ts";

const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/** Each check with its limits, and texts that it rejects with the expected message. */
const texts: {
  readonly check: (text: string) => string;
  readonly least: number;
  readonly most: number;
  readonly wrong: readonly [string, RegExp][];
}[] = [
  {
    check: checkSessionName,
    least: 2,
    most: 64,
    wrong: [["a b", /--session-name .*" " is not allowed/], ["jürgen", /"ü"/], ["a/b", /"\/"/]],
  },
  { check: checkExternalId, least: 2, most: 1224, wrong: [["a#b", /--external-id .*"#"/]] },
  {
    check: checkSourceIdentity,
    least: 2,
    most: 64,
    wrong: [["aws:me", /aws:/], ["AWS:me", /aws:/], ["a:b", /":"/]],
  },
  { check: checkMfaSerial, least: 9, most: 256, wrong: [["a".repeat(9) + "*", /"\*"/]] },
];
for (const { check, least, most, wrong } of texts) {
  Deno.test(`${check.name} accepts ${least} to ${most} characters and names invalid ones`, () => {
    for (const length of [least, most]) {
      assert.equal(check("a".repeat(length)), "a".repeat(length));
    }
    const range = new RegExp(`${least} to ${most} `);
    for (const length of [0, least - 1, most + 1]) refuses(() => check("a".repeat(length)), range);
    for (const [text, says] of wrong) refuses(() => check(text), says);
  });
}

Deno.test("checkMfaSerial accepts a device ARN and a hardware serial number", () => {
  checkMfaSerial("arn:aws:iam::123456789012:mfa/me@example.com");
  checkMfaSerial("GAHT12345678");
});

Deno.test("checkTokenCode accepts six ASCII digits and never quotes the code", () => {
  assert.equal(checkTokenCode("012345"), "012345");
  for (const code of ["98765", "9876543", "98765a", "９８７６５４", "987 54", ""]) {
    const { message } = refuses(() => checkTokenCode(code), /exactly 6 digits/);
    assert.ok(code === "" || !message.includes(code));
  }
});

Deno.test("checkDuration enforces the limits of each call", () => {
  for (const [call, most] of [["AssumeRole", 43_200], ["GetSessionToken", 129_600]] as const) {
    assert.equal(checkDuration(900, call), 900);
    assert.equal(checkDuration(most, call), most);
    for (const wrong of [899, most + 1, 1000.5, NaN, -1]) {
      refuses(() => checkDuration(wrong, call), new RegExp(`15m to .*900 to ${most} seconds`));
    }
  }
});

Deno.test("parseTag splits at the first = and rejects what AWS rejects", () => {
  assert.deepEqual(parseTag("team=a=b"), { key: "team", value: "a=b" });
  assert.deepEqual(parseTag("team="), { key: "team", value: "" });
  assert.deepEqual(parseTag("Größe=ø 1"), { key: "Größe", value: "ø 1" });
  refuses(() => parseTag("team"), /KEY=VALUE/);
  refuses(() => parseTag("=x"), /KEY=VALUE/);
  refuses(() => parseTag("aws:team=x"), /aws:/);
  refuses(() => parseTag("team=a*"), /value of "team" must be 0 to 256/);
  refuses(() => parseTag(`${"k".repeat(129)}=x`), /1 to 128/);
  refuses(() => parseTag(`k=${"v".repeat(257)}`), /0 to 256/);
});

Deno.test("checkTags accepts 50 tags and rejects duplicate keys, ignoring case", () => {
  const tags = Array.from({ length: 51 }, (_, n) => ({ key: `k${n}`, value: "" }));
  assert.equal(checkTags(tags.slice(1)).length, 50);
  refuses(() => checkTags(tags), /at most 50 tags, not 51/);
  const twice = [{ key: "Team", value: "a" }, { key: "team", value: "b" }];
  refuses(() => checkTags(twice), /duplicate key "team"/);
});

Deno.test("checkTransitiveTags requires a matching tag for each key", () => {
  const tags = [{ key: "Team", value: "a" }];
  assert.deepEqual(checkTransitiveTags(["team"], tags), ["team"]);
  refuses(() => checkTransitiveTags(["other"], tags), /"other" has no matching --tag/);
  refuses(() => checkTransitiveTags(["team", "Team"], tags), /duplicate key "Team"/);
});

Deno.test("checkPolicy requires a JSON object, of any length", () => {
  const long = `{"a":"${"x".repeat(20_000)}"}`;
  assert.equal(checkPolicy(long), long);
  for (const text of ["", "{", "[]", "null", "1", '"x"']) refuses(() => checkPolicy(text), /JSON/);
  refuses(() => checkPolicy('{"a":"€"}'), /U\+00FF/);
  const { message } = refuses(() => checkPolicy(secret), /not valid JSON/);
  assert.ok(!message.includes("wJal"));
});

Deno.test("checkPolicyArns accepts 10 policies", () => {
  const arn = "arn:aws:iam::aws:policy/ReadOnlyAccess";
  assert.equal(checkPolicyArns(Array(10).fill(arn)).length, 10);
  refuses(() => checkPolicyArns(Array(11).fill(arn)), /at most 10 managed policies, not 11/);
  refuses(() => checkPolicyArns(["arn:aws:iam::123456789012:role/x"]), /--policy-arn/);
});

Deno.test("checkAccessKeyId and checkSecretAccessKey never quote the value and detect a swap", () => {
  assert.equal(checkAccessKeyId("AKIAIOSFODNN7EXAMPLE"), "AKIAIOSFODNN7EXAMPLE");
  assert.equal(checkSecretAccessKey(secret), secret);
  const swapped = refuses(() => checkAccessKeyId(secret), /16 to 128/);
  assert.match(swapped.hint ?? "", /swapped/);
  assert.match(
    refuses(() => checkSecretAccessKey("AKIAIOSFODNN7EXAMPLE"), /access key ID/).hint ?? "",
    /swapped/,
  );
  for (const text of ["AKIA", secret, "akiaiosfodnn7example", `${secret} `, "A".repeat(129)]) {
    const { message, hint } = refuses(() => checkAccessKeyId(text), /16 to 128/);
    assert.ok(!`${message}${hint}`.includes(text) || text === "AKIA");
  }
  for (const text of ["", `${secret}\n`, `${secret} x`, "pässwort"]) {
    const { message, hint } = refuses(() => checkSecretAccessKey(text), /secret access key/);
    assert.ok(text === "" || !`${message}${hint}`.includes(text));
  }
});

Deno.test("legalSessionName makes a valid name of any text and keeps valid names", () => {
  fc.assert(fc.property(fc.string({ unit: anyCharacter, maxLength: 100 }), (text) => {
    const name = legalSessionName(text);
    assert.equal(checkSessionName(name), name);
    assert.equal(legalSessionName(name), name);
  }));
  assert.equal(legalSessionName("me@host"), "me@host");
  assert.equal(legalSessionName("Jürgen Ö"), "J-rgen--");
  assert.equal(legalSessionName(""), "--");
});
