// A command line in a question: readable, and neither a secret nor a trick in it.

import assert from "node:assert/strict";
import fc from "fast-check";
import { shownCommand } from "../../src/model/shown_command.ts";
import { anyCharacter } from "../support/any_character.ts";

Deno.test("shown command: as it can be typed, with each word apart", () => {
  const table: readonly (readonly [readonly string[], string])[] = [
    [["aws", "s3", "ls"], "aws s3 ls"],
    [["sh", "-c", "rm -r x; ls"], "sh -c 'rm -r x; ls'"],
    [["echo", "", "it's"], `echo '' 'it'\\''s'`],
    [["terraform", "apply", "-var", "a=b"], "terraform apply -var a=b"],
  ];
  for (const [words, shown] of table) assert.equal(shownCommand(words), shown);
});

Deno.test("shown command: without what looks like a secret", () => {
  const key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  const table: readonly (readonly [readonly string[], string])[] = [
    [["x", key], "x ***"],
    [["mysql", "--password", "hunter2", "db"], "mysql --password *** db"],
    [["mysql", "--password=hunter2"], "mysql --password=***"],
    [["env", "API_KEY=hunter2", "make"], "env API_KEY=*** make"],
    [["curl", "-H", "Authorization: Bearer hunter2"], "curl -H 'Authorization: ***'"],
    [
      ["git", "clone", "https://ann:hunter2@example.com/x"],
      "git clone https://ann:***@example.com/x",
    ],
    [["curl", "http://localhost:8080/x@y"], "curl http://localhost:8080/x@y"],
    [["sh", "-c", "TOKEN=hunter2 make"], "sh -c 'TOKEN=*** make'"],
    [["x", `{"password": "hunter2"}`], `x '{"password": "***"}'`],
    [
      ["aws", "configure", "set", "aws_session_token", "hunter2"],
      "aws configure set aws_session_token ***",
    ],
    [
      ["aws", "x", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db"],
      "aws x arn:aws:secretsmanager:eu-west-1:123456789012:secret:db",
    ],
    // The name of a secret is none, and decides what the person says.
    [
      ["aws", "secretsmanager", "get-secret-value", "--secret-id", "prod/db"],
      "aws secretsmanager get-secret-value --secret-id prod/db",
    ],
  ];
  for (const [words, shown] of table) assert.equal(shownCommand(words), shown);
});

Deno.test("shown command: of a script, only the values of secrets are hidden", () => {
  const table: readonly (readonly [string, string])[] = [
    ["rm -r x; token=hunter2", "rm -r x; token=***"],
    ["token=x;rm -r y", "token=***;rm -r y"],
    ["token=$(rm -r y)", "token=***(rm -r y)"],
    ["token= rm -r y", "token= rm -r y"],
    ["echo token;rm -r y", "echo token;rm -r y"],
    [': "a token="x;rm -r y', ': "a token="***;rm -r y'],
    ["mysql --password hunter2 db", "mysql --password *** db"],
    ["mysql --password\nrm -r y", "mysql --password?rm -r y"],
    ["curl -H 'Authorization: Basic aHVudGVyMg==' h|sh", "curl -H 'Authorization: ***' h|sh"],
    ["echo session_token; rm -r y", "echo session_token; rm -r y"],
  ];
  for (const [script, shown] of table) {
    assert.equal(shownCommand(["sh", "-c", script]), `sh -c '${shown.replaceAll("'", `'\\''`)}'`);
  }
});

Deno.test("shown command: no secret survives, and nothing else is lost", () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9+/=_.~%!#-]{1,24}$/).map((text) => `Q7${text}`);
  const key = fc.stringMatching(/^[A-Za-z0-9/+]{37}$/).map((text) => `aZ9${text}`);
  const name = fc.constantFrom(
    ...["password", "PASSWD", "db_pass", "TOKEN", "api-key", "secret", "AWS_SECRET_ACCESS_KEY"],
    ...["SecretAccessKey", "aws_session_token", "passphrase", "GITHUB_TOKEN"],
  );
  const written = fc.oneof(
    fc.tuple(
      name,
      secret,
      fc.constantFrom(
        ...["N=S", "--N=S", "N='S'", 'N="S"', "N: S", '"N": "S"', '"N":"S"', "N = S", "--N S"],
        ...['\\"N\\":\\"S\\"', "https://h.example/?N=S", "--N 'S'", "-N=S", "N:S"],
      ),
    ),
    fc.tuple(
      name,
      secret.filter((text) => !/[/]/.test(text)),
      fc.constant("https://ann:S@h.example/"),
    ),
    fc.tuple(name, secret, fc.constantFrom("Authorization: Bearer S", "authorization: token S")),
    fc.tuple(name, key, fc.constantFrom("S", "x S", "'S'", "<a>S</a>")),
  ).map(([name, secret, shape]) => ({
    secret,
    text: shape.replaceAll(/[NS]/g, (letter) => letter === "N" ? name : secret),
  }));
  const around = fc.constantFrom("", "rm x", "curl h | sh");
  fc.assert(
    fc.property(written, around, around, ({ secret, text }, before, after) => {
      const script = [before, text, after].filter(Boolean).join(" ; ");
      for (const words of [["sh", "-c", script], ["x", text]]) {
        const shown = shownCommand(words);
        assert.ok(!shown.includes(secret), `${words}: ${shown}`);
        assert.ok(shown.includes("***"), `${words}: ${shown}`);
      }
      const shown = shownCommand(["sh", "-c", script]);
      if (script.length > 75) return; // cut
      if (before) assert.ok(shown.startsWith(`sh -c '${before} ; `), shown);
      if (after) assert.ok(shown.endsWith(` ; ${after}'`), shown);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("shown command: a long word takes no long time", () => {
  for (const part of ["token", "token=", "://a:", "--token ", " ", "-", "arn:secret:", "'\\"]) {
    const began = performance.now();
    shownCommand([part.repeat(100_000 / part.length)]);
    assert.ok(performance.now() - began < 2000, part);
  }
});

Deno.test("shown command: what is cut is counted", () => {
  assert.equal(
    shownCommand(["x", "a".repeat(100), "end"]),
    `x ${"a".repeat(80)}… (20 more characters) end`.replace(
      /x (.*) end/,
      (_all, long) => `x '${long}' end`,
    ),
  );
  const many = shownCommand(["x", ...Array.from({ length: 200 }, (_, at) => `word${at}`)]);
  assert.match(many, /^x word0 .* … \(\d+ more words\)$/);
  assert.ok(many.length < 360);
});

Deno.test("shown command: never has a character that hides or fakes text, and never grows", () => {
  const word = fc.oneof(
    fc.string({ unit: anyCharacter }),
    fc.constantFrom("\x1b[2J", "a\nb", "\u202eabc", "\u200b", "\u2028", "<b>", "'"),
  );
  fc.assert(
    fc.property(fc.array(word), (words) => {
      const shown = shownCommand(words);
      assert.doesNotMatch(shown, /[\p{C}\p{Zl}\p{Zp}]/u);
      assert.ok(shown.length < 800);
    }),
  );
});
