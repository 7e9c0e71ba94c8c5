import assert from "node:assert/strict";
import { entries } from "../../src/commands/all_commands.ts";
import { globalOptions } from "../../src/line/command.ts";
import { commandHelp, groupHelp } from "../../src/line/help.ts";
import { readLine } from "../../src/line/read.ts";

const mostColumns = 100;

function fits(text: string): void {
  const wide = text.split("\n").filter((line) => [...line].length > mostColumns);
  assert.deepEqual(wide, []);
  assert.doesNotMatch(text, / $/m);
  assert.match(text, /[^\n]\n$/);
}

for (const entry of entries) {
  const name = entry.path.join(" ");

  Deno.test(`help: athm ${name} --help lists every option with its value, in 100 columns`, async () => {
    const { command } = await entry.load();
    const text = commandHelp(entry, command);
    fits(text);
    assert.ok(text.includes(`Usage: athm ${name}`));
    for (
      const { name, short, value, implied, help, choices = [] } of [
        ...command.options,
        ...globalOptions,
      ]
    ) {
      const shown = implied === undefined ? value : `[${value}]`;
      const left = (short ? `-${short}, ` : "") + `--${name}` + (value ? ` ${shown}` : "");
      const rows = text.split("\n").filter((line) => line.trim().split(/ {2,}/)[0] === left);
      assert.equal(rows.length, 1, left);
      const words = text.replaceAll(/\s+/g, " ");
      assert.ok(words.includes(help), help);
      for (const choice of choices) assert.ok(words.includes(choice), choice);
    }
  });
}

Deno.test("help: every example is valid and belongs to its command", async () => {
  let count = 0;
  for (const entry of entries) {
    const { command } = await entry.load();
    for (const example of command.examples ?? []) {
      const own = example.replace(/\s+#.*/, "").replace(/^.*?\bathm /, "");
      // Code for another program, and surrounding punctuation.
      const plain = own.replace(/ (?:\||&&) .*/, "").replace(/["')]+(?: .*)?$/, "");
      const { line, problem } = await readLine(plain.split(" "), entries);
      assert.equal(problem, undefined, example);
      assert.equal(line?.entry, entry, example);
      count++;
    }
  }
  assert.ok(count >= 10, `${count} examples`);
});

Deno.test("help: athm --help and athm aws --help list every command in 100 columns", () => {
  for (const group of ["", "aws"]) {
    const text = groupHelp(group === "" ? [] : [group], entries);
    fits(text);
    const inside = entries.filter((each) => each.path.join(" ").startsWith(group));
    assert.ok(inside.length > 5);
    for (const { path, summary } of inside) {
      assert.ok(text.includes(`  athm ${path.join(" ")}`), path.join(" "));
      assert.ok(text.includes(summary), summary);
    }
  }
});
