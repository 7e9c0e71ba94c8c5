// What the documents tell people to type is read by athm's own command line, and their links lead somewhere.

import assert from "node:assert/strict";
import { entries } from "../src/commands/table.ts";
import { readLine } from "../src/line/read.ts";

const root = new URL("../", import.meta.url);
const documents = ["README.md", "CHANGELOG.md", ...markdown("docs/")];

function markdown(folder: string): string[] {
  return Array.from(Deno.readDirSync(new URL(folder, root)), ({ name }) => folder + name)
    .filter((name) => name.endsWith(".md"));
}

/** Command lines of the shell blocks, continued lines joined, comments and wrappers taken off. */
function commandLines(text: string): string[] {
  const blocks = Array.from(text.matchAll(/```sh\n([\s\S]*?)```/g), ([, block]) => block ?? "");
  return blocks.flatMap((block) => block.replaceAll(/\\\n\s*/g, "").split("\n"))
    .map((line) => line.replace(/\s+#.*$/, "").replace(/^eval "\$\((.*)\)"$/, "$1").trim())
    .filter((line) => line.startsWith("athm "));
}

for (const document of documents) {
  const text = Deno.readTextFileSync(new URL(document, root));

  Deno.test(`${document}: every athm command line is one that athm understands`, async () => {
    for (const line of commandLines(text)) {
      const reading = await readLine(line.split(/\s+/).slice(1), entries);
      assert.equal(reading.problem?.message, undefined, line);
      assert.ok(reading.line ?? reading.globals.has("help"), line);
    }
  });

  Deno.test(`${document}: links within the project lead to files`, () => {
    for (const [, target = ""] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      const folder = new URL(document, root);
      assert.ok(Deno.statSync(new URL(target, folder)).isFile, `${document} links to ${target}`);
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
