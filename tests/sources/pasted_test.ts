/** Pasted keys: every form is parsed completely, and errors quote none of it. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { formats } from "../../src/formats/all_formats.ts";
import { credentialVariables, sessionVariables } from "../../src/delivery/environment.ts";
import { rfc3339 } from "../../src/model/credentials.ts";
import { Failure } from "../../src/model/failure.ts";
import { looksSecret } from "../../src/model/looks_secret.ts";
import { Secret } from "../../src/model/secret.ts";
import { checkedKey } from "../../src/sources/document.ts";
import { isPaste, isUnfinished, readPasted } from "../../src/sources/pasted.ts";
import { anyCharacter } from "../support/any_character.ts";
import { testStart } from "../support/test_system.ts";

interface Key {
  readonly id: string;
  readonly secret: string;
  readonly token: string;
}

const anyKey: fc.Arbitrary<Key> = fc.record({
  id: fc.stringMatching(/^ASIA[A-Z0-9]{16}$/),
  secret: fc.stringMatching(/^[a-z][A-Z][0-9][A-Za-z0-9/+]{37}$/),
  token: fc.stringMatching(/^[A-Za-z0-9/+]{120,400}={0,2}$/),
});

const expiration = rfc3339(testStart + 3_600_000);
const json = (key: Key) => ({
  AccessKeyId: key.id,
  SecretAccessKey: key.secret,
  SessionToken: key.token,
  Expiration: expiration,
});

/** The output of other programs and pages. */
const others: Readonly<Record<string, (key: Key) => string>> = {
  "credential_process JSON": (key) => JSON.stringify({ Version: 1, ...json(key) }, undefined, 2),
  "the output of aws sts": (key) =>
    JSON.stringify({ Credentials: json(key), AssumedRoleUser: { Arn: "x" } }, undefined, 4),
  "the output of aws iam create-access-key": (key) => JSON.stringify({ AccessKey: json(key) }),
  "the output of aws sso get-role-credentials": (key) =>
    JSON.stringify({
      roleCredentials: {
        accessKeyId: key.id,
        secretAccessKey: key.secret,
        sessionToken: key.token,
        expiration: testStart + 3_600_000,
      },
    }),
  "the response of a metadata service": (key) =>
    JSON.stringify({
      Code: "Success",
      AccessKeyId: key.id,
      SecretAccessKey: key.secret,
      Token: key.token,
      Expiration: expiration,
    }),
  "export lines (sh)": (key) =>
    `export AWS_ACCESS_KEY_ID="${key.id}"\r\nexport AWS_SECRET_ACCESS_KEY='${key.secret}'\r\n` +
    `export AWS_SESSION_TOKEN=${key.token}\r\n`,
  "lines that set variables (PowerShell)": (key) =>
    `$Env:AWS_ACCESS_KEY_ID="${key.id}"\n$env:AWS_SECRET_ACCESS_KEY = "${key.secret}"\n` +
    `\${Env:AWS_SESSION_TOKEN}='${key.token}'`,
  "set lines (cmd)": (key) =>
    `SET AWS_ACCESS_KEY_ID=${key.id}\nset "AWS_SECRET_ACCESS_KEY=${key.secret}"\n` +
    `setx AWS_SESSION_TOKEN ${key.token}`,
  "an INI section": (key) =>
    `[123456789012_Admin]\naws_access_key_id=${key.id}\naws_secret_access_key = ${key.secret}\n` +
    `aws_session_token: ${key.token}\nregion = eu-west-1\n`,
  "variables": (key) =>
    `AWS_ACCESS_KEY_ID=${key.id} AWS_SECRET_ACCESS_KEY=${key.secret} AWS_SESSION_TOKEN=${key.token}`,
  "an access key ID with its secret": (key) =>
    `Access key ID,Secret access key,Session token\n${key.id},${key.secret},${key.token}\n`,
};

function holds(text: string, key: Key, form?: string): void {
  const pasted = readPasted(text, "--stdin");
  if (form !== undefined) assert.equal(pasted.form, form);
  const { accessKeyId, secretAccessKey, sessionToken } = checkedKey(pasted.given);
  const found = {
    id: accessKeyId,
    secret: secretAccessKey.reveal(),
    token: sessionToken?.reveal(),
  };
  assert.deepEqual(found, { ...key });
  assert.ok(isPaste(text));
  assert.ok(!isUnfinished(text), "it is complete");
  assert.ok(looksSecret(text));
}

for (const [form, print] of Object.entries(others)) {
  Deno.test(`pasted: ${form}: complete, after a byte order mark, and incomplete before its end`, () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const text = print(key);
        holds(text, key, form);
        holds(`\uFEFF\n  ${text}\n\n`, key, form);
        const lines = text.trimEnd().split(/\r?\n/);
        const before = lines.slice(0, -1).join("\n");
        // Values on one line are complete after Enter, and so is the last line of an INI section.
        const open = lines.length > 1 && !/[,]|region/.test(lines.at(-1) ?? "");
        if (open) assert.ok(isUnfinished(before), before);
      }),
      { numRuns: 30 },
    );
  });
}

Deno.test("pasted: commands in one line, whatever joins them", () => {
  fc.assert(
    fc.property(anyKey, fc.constantFrom("&&", " && ", "&", ";", "; ", "|"), (key, joint) => {
      const lines = others["set lines (cmd)"]!(key).split("\n");
      holds(lines.join(joint), key, "set lines (cmd)");
      const exports = others["export lines (sh)"]!(key).trim().split("\r\n");
      holds(exports.join(joint), key, "export lines (sh)");
    }),
    { numRuns: 50 },
  );
});

Deno.test("pasted: the output of aws sts as YAML, text or a table, with its expiration", () => {
  const rows = (key: Key) => [
    ["AccessKeyId", key.id],
    ["Expiration", expiration],
    ["SecretAccessKey", key.secret],
    ["SessionToken", key.token],
  ];
  const outputs: readonly ((key: Key) => string)[] = [
    (key) =>
      "AssumedRoleUser:\n  Arn: arn:aws:sts::123456789012:assumed-role/x/y\nCredentials:\n" +
      rows(key).map(([name, value]) => `  ${name}: ${value}\n`).join(""),
    (key) => ["CREDENTIALS", key.id, expiration, key.secret, key.token].join("\t"),
    (key) => rows(key).map(([name, value]) => `||  ${name}  |  ${value}  ||\n`).join(""),
  ];
  fc.assert(
    fc.property(anyKey, fc.constantFrom(...outputs), (key, print) => {
      holds(print(key), key, "the output of aws sts");
      assert.equal(readPasted(print(key), "--stdin").given.expiration, expiration);
    }),
    { numRuns: 60 },
  );
});

Deno.test("pasted: the expiration that saml2aws writes into a section", () => {
  const text = "[saml]\naws_access_key_id = ASIAAAAAAAAAAAAAAAAA\n" +
    "aws_secret_access_key = abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123\n" +
    "aws_session_token = t0ken\nx_security_token_expires = 2030-01-02T03:04:05+01:00\n";
  const { form, given } = readPasted(text, "--stdin");
  assert.equal(form, "an INI section");
  assert.equal(checkedKey(given).expires, Date.UTC(2030, 0, 2, 2, 4, 5));
});

// GitHub's format prints workflow commands for a log, not for pasting.
for (const { name, print } of formats.filter(({ name }) => name !== "github")) {
  Deno.test(`pasted: what athm aws export --format ${name} prints`, () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const session = {
          accessKeyId: key.id,
          secretAccessKey: new Secret(key.secret),
          sessionToken: new Secret(key.token),
          issued: testStart,
          expires: testStart + 3_600_000,
        };
        const set = sessionVariables({ profile: "x", session, region: undefined, fips: undefined });
        const unset = credentialVariables;
        const text = print({ name: "x", session, region: undefined, set, unset });
        holds(text, key);
      }),
      { numRuns: 20 },
    );
  });
}

Deno.test("pasted: any text ends in a key or in a usage error that quotes nothing of it", () => {
  const word = fc.constantFrom(
    "AWS_ACCESS_KEY_ID",
    "aws_secret_access_key",
    "export ",
    "=",
    "\n",
    '"',
    "{",
    "}",
    ":",
    "set -gx ",
    "[default]",
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI7K7MDENG8bPxRfiCYEXAMPLEKEY",
  );
  const anyText = fc.oneof(
    fc.string({ unit: anyCharacter }),
    fc.array(word, { maxLength: 30 }).map((words) => words.join("")),
  );
  fc.assert(
    fc.property(anyText, (text) => {
      isPaste(text);
      isUnfinished(text);
      try {
        checkedKey(readPasted(text, "--stdin").given);
      } catch (error) {
        assert.ok(error instanceof Failure && error.code === "usage", String(error));
        const said = `${error.message} ${error.hint}`;
        assert.ok(!said.includes("wJalrXUtn"), said);
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("pasted: hostile texts take no longer than their length deserves", () => {
  for (
    const piece of [
      "AWS_SESSION_TOKEN",
      "aws_session_token=",
      "set -x ",
      "export ",
      "[",
      "{",
      " ",
      "\n",
    ]
  ) {
    const text = piece.repeat(64 * 1024 / piece.length);
    const start = performance.now();
    isPaste(text);
    isUnfinished(text);
    try {
      readPasted(text, "--stdin");
    } catch (error) {
      assert.ok(error instanceof Failure);
    }
    assert.ok(performance.now() - start < 3000, piece);
  }
});

const refused: readonly (readonly [string, string, RegExp])[] = [
  [
    "two keys",
    "[a]\naws_access_key_id=AKIAAAAAAAAAAAAAAAAA\n[b]\naws_access_key_id=AKIABBBBBBBBBBBBBBBB",
    /more than one/,
  ],
  [
    "no secret",
    "export AWS_ACCESS_KEY_ID=AKIAAAAAAAAAAAAAAAAA",
    /AWS_SECRET_ACCESS_KEY is missing/,
  ],
  ["nothing", "hello", /no access key/],
  [
    "a temporary key without its token",
    "AWS_ACCESS_KEY_ID=ASIAAAAAAAAAAAAAAAAA\nAWS_SECRET_ACCESS_KEY=abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123",
    /begins with ASIA.*requires its session token/,
  ],
  [
    "swapped values",
    "AWS_ACCESS_KEY_ID=abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123\nAWS_SECRET_ACCESS_KEY=AKIAAAAAAAAAAAAAAAAA",
    /swapped/,
  ],
  ["a spaced ID", '{"AccessKeyId":"AKIA AAAAAAAAAAAAAAAA","SecretAccessKey":"x"}', /whitespace/],
];

for (const [what, text, says] of refused) {
  Deno.test(`pasted: refuses ${what}, with the reason`, () => {
    assert.throws(
      () => checkedKey(readPasted(text, "--stdin").given),
      (error) => error instanceof Failure && says.test(`${error.message} ${error.hint}`),
    );
  });
}
