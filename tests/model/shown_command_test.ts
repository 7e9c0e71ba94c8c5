// A command line in a question: readable, and neither a secret nor a trick in it.

import assert from "node:assert/strict";
import fc from "fast-check";
import { shownCommand } from "../../src/model/shown_command.ts";

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
    [["curl", "-H", "Authorization: Bearer hunter2"], "curl -H ***"],
    [["git", "clone", "https://ann:hunter2@example.com/x"], "git clone ***"],
    [["sh", "-c", "TOKEN=hunter2 make"], "sh -c ***"],
    [["x", `{"password": "hunter2"}`], "x ***"],
    // The name of a secret is none, and decides what the person says.
    [
      ["aws", "secretsmanager", "get-secret-value", "--secret-id", "prod/db"],
      "aws secretsmanager get-secret-value --secret-id prod/db",
    ],
  ];
  for (const [words, shown] of table) assert.equal(shownCommand(words), shown);
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
    fc.string({ unit: "binary" }),
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
