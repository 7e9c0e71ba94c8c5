// The tests that SECURITY.md names must exist.

import assert from "node:assert/strict";

const root = new URL("../../", import.meta.url);
const document = Deno.readTextFileSync(new URL("SECURITY.md", root));
const named = Array.from(
  document.matchAll(/^- `(tests\/[\w./]+): (.+)`$/gm),
  ([, file = "", name = ""]) => ({ file, name }),
);

/** A story's name is its first comment. */
function isStory({ file, name }: { file: string; name: string }): boolean {
  return read(file).split("\n", 1)[0] === `# ${name}`;
}

/** A test's name is in its file as a whole string; a helper of the file may prepend its topic. */
function isTest({ file, name }: { file: string; name: string }): boolean {
  const text = read(file);
  const parts = [name, /^[\w ]+: (.+)$/.exec(name)?.[1] ?? name];
  return parts.some((part) => text.includes(JSON.stringify(part)));
}

function read(file: string): string {
  try {
    return Deno.readTextFileSync(new URL(file, root));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

Deno.test("SECURITY.md: every named test exists", () => {
  assert.ok(named.length > 40, `${named.length}`);
  const missing = named.filter((each) => !(each.file.endsWith(".txt") ? isStory : isTest)(each));
  assert.deepEqual(missing, []);
});

Deno.test("SECURITY.md: detects a missing test", () => {
  const [first = assert.fail()] = named.filter(({ file }) => file.endsWith(".ts"));
  assert.ok(isTest(first));
  assert.ok(!isTest({ ...first, name: first.name.slice(1) }));
  assert.ok(!isTest({ ...first, file: "tests/no_such_test.ts" }));
  assert.ok(!isStory({ file: "tests/stories/audit.txt", name: "Another." }));
});

Deno.test("SECURITY.md: every protection names a test", () => {
  const [, chapter = ""] = document.split("## What athm protects against");
  const promises = (chapter.split("\n## ")[0] ?? "").split(/^(?=\*\*)/m).slice(1);
  assert.ok(promises.length >= 9);
  for (const promise of promises) assert.match(promise, /^- `tests\//m, promise.slice(0, 60));
});
