// cmd and PowerShell by their rules, which no shell of this machine can try.
import assert from "node:assert/strict";
import fc from "fast-check";
import { cmd } from "../src/formats/cmd.ts";
import { powershell, quotePowershell } from "../src/formats/powershell.ts";
import { Failure } from "../src/model/failure.ts";
import { sampleSession } from "./support/store_samples.ts";

function printed(value: string): string {
  return cmd.print({ session: sampleSession(), set: { AWS_SESSION_TOKEN: value }, unset: [] });
}

Deno.test("formats: cmd takes what stands for itself between its quotes", () => {
  for (
    const value of ["abc/+=", "a^b", "a&b|c", "<a>(b)", "a b", "a'b`c", "$HOME", "a=b;c,d", "^"]
  ) {
    assert.equal(printed(value), `set "AWS_SESSION_TOKEN=${value}"\r\n`);
  }
});

Deno.test("formats: cmd refuses what no quoting says alike at the prompt, in a file and in for /f", () => {
  const table: readonly (readonly [value: string, why: string])[] = [
    ["a%PATH%b", "a variable at the prompt and in a batch file"],
    ["100%", "in a batch file the sign alone is dropped"],
    ["a!PATH!b", "a variable with delayed expansion"],
    ["a^!b", "the caret escapes with delayed expansion alone"],
    ['a"&calc&"b', "the quote ends the text"],
    ["a\nb", "a new line is a new command"],
    ["a\r\nb", "so is this"],
    ["a\x1ab", "the end of a batch file"],
    ["ключ", "read in the console's code page"],
    ["", "an empty value takes the variable away"],
  ];
  for (const [value, why] of table) {
    assert.throws(() => printed(value), (error: unknown) => {
      assert.ok(error instanceof Failure, why);
      assert.equal(error.code, "usage");
      if (value) assert.ok(!error.message.includes(value), "the value is not quoted");
      return true;
    }, why);
  }
});

Deno.test("formats: cmd's lines never have more than they set, whatever the value", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (value) => {
    let text: string;
    try {
      text = printed(value);
    } catch (error) {
      assert.ok(error instanceof Failure);
      return;
    }
    assert.match(text, /^set "AWS_SESSION_TOKEN=[^"%!\r\n]+"\r\n$/);
  }));
});

/** The grammar that the format keeps to, read as PowerShell reads it. */
function evaluate(expression: string): string {
  assert.match(
    expression,
    /^'(?:[\x20-\x26\x28-\x7e]|'')*'(?: \+ (?:'(?:[^']|'')*'|\[char\]\d+))*$/,
  );
  return Array.from(
    expression.matchAll(/'((?:[^']|'')*)'|\[char\](\d+)/g),
    ([, text, number]) =>
      number === undefined
        ? (text ?? "").replaceAll("''", "'")
        : String.fromCharCode(Number(number)),
  ).join("");
}

Deno.test("formats: PowerShell's expression is printable ASCII on one line, and gives the text back", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(fc.constantFrom("'", "''", "\u2018", "\u2019", "`", "$(x)", "\n", '"', "@'")).map((
      all,
    ) => all.join("")),
  );
  fc.assert(fc.property(texts, (text) => {
    const expression = quotePowershell(text);
    assert.match(expression, /^[\x20-\x7e]+$/);
    assert.equal(evaluate(expression), text);
  }));
  assert.equal(quotePowershell("a'b"), "'a''b'");
  assert.equal(quotePowershell("\n"), "'' + [char]10");
  assert.equal(quotePowershell("a\u2019b"), "'a' + [char]8217 + 'b'");
});

Deno.test("formats: both take the variables away that would lead to other credentials", () => {
  const exported = { session: sampleSession(), set: { A: "b" }, unset: ["AWS_PROFILE"] };
  assert.equal(cmd.print(exported), 'set "AWS_PROFILE="\r\nset "A=b"\r\n');
  assert.equal(
    powershell.print(exported),
    "Remove-Item -LiteralPath Env:AWS_PROFILE -ErrorAction SilentlyContinue\n$Env:A = 'b'\n",
  );
});
