// cmd and PowerShell, checked against their documented rules without running them.
import assert from "node:assert/strict";
import fc from "fast-check";
import { cmd } from "../../src/formats/cmd.ts";
import { powershell, quotePowershell } from "../../src/formats/powershell.ts";
import { Failure } from "../../src/model/failure.ts";
import { anyCharacter } from "../support/any_character.ts";
import { sampleSession } from "../support/store_samples.ts";

function printed(value: string): string {
  return cmd.print({ session: sampleSession(), set: { AWS_SESSION_TOKEN: value }, unset: [] });
}

Deno.test("formats: cmd accepts characters that are literal between quotes", () => {
  for (
    const value of ["abc/+=", "a^b", "a&b|c", "<a>(b)", "a b", "a'b`c", "$HOME", "a=b;c,d", "^"]
  ) {
    assert.equal(printed(value), `set "AWS_SESSION_TOKEN=${value}"\r\n`);
  }
});

Deno.test("formats: cmd rejects values that no quoting protects at the prompt, in a batch file and in for /f", () => {
  const table: readonly (readonly [value: string, why: string])[] = [
    ["a%PATH%b", "a variable at the prompt and in a batch file"],
    ["100%", "a batch file drops the sign"],
    ["a!PATH!b", "a variable with delayed expansion"],
    ["a^!b", "the caret escapes only with delayed expansion"],
    ['a"&calc&"b', "the quote ends the text"],
    ["a\nb", "a newline starts a command"],
    ["a\r\nb", "so is this"],
    ["a\x1ab", "the end of a batch file"],
    ["ключ", "read in the console's code page"],
    ["", "an empty value removes the variable"],
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

Deno.test("formats: no value adds to the lines that cmd runs", () => {
  fc.assert(fc.property(fc.string({ unit: anyCharacter }), (value) => {
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

/** Evaluates the subset of PowerShell's grammar that the format uses. */
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

Deno.test("formats: a PowerShell expression is one line of printable ASCII and evaluates to the text", () => {
  const texts = fc.oneof(
    fc.string({ unit: anyCharacter }),
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

Deno.test("formats: cmd and PowerShell remove variables that could lead to other credentials", () => {
  const exported = { session: sampleSession(), set: { A: "b" }, unset: ["AWS_PROFILE"] };
  assert.equal(cmd.print(exported), 'set "AWS_PROFILE="\r\nset "A=b"\r\n');
  assert.equal(
    powershell.print(exported),
    "Remove-Item -LiteralPath Env:AWS_PROFILE -ErrorAction SilentlyContinue\n$Env:A = 'b'\n",
  );
});
