// athm's parser accepts the commands in the docs, and the docs' links work.

import assert from "node:assert/strict";
import { entries } from "../../src/commands/all_commands.ts";
import { readLine } from "../../src/line/read.ts";
import { commandLines, documents } from "../support/documents.ts";

const root = new URL("../../", import.meta.url);

for (const document of documents) {
  const { name, url, text } = document;

  Deno.test(`${name}: athm accepts every command line`, async () => {
    for (const line of commandLines(document)) {
      const reading = await readLine(line.split(/\s+/).slice(1), entries);
      assert.equal(reading.problem?.message, undefined, line);
      assert.ok(reading.line ?? reading.globals.has("help"), line);
    }
  });

  Deno.test(`${name}: links within the project point to files`, () => {
    for (const [, target = ""] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      assert.ok(Deno.statSync(new URL(target, url)).isFile, `${name} links to ${target}`);
    }
  });
}

Deno.test("README.md: the two commands of the quick start are tasks", () => {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
  const text = Deno.readTextFileSync(new URL("README.md", root));
  const named = Array.from(
    text.matchAll(/npx -y deno@2\.9\.6 task (\w+)/g),
    ([, task]) => task ?? "",
  );
  assert.deepEqual(named, ["demo", "test"]);
  for (const task of named) assert.ok(task in tasks, task);
});
