/** Which system errors mean that a file system lacks a feature, and which are failures. */
import assert from "node:assert/strict";
import { lacks } from "../../src/system/files.ts";
import { failedFileOperation } from "../../src/system/files.ts";

const rows = [
  ["linux", "locks", "No locks available (os error 37)", true],
  ["linux", "locks", "Operation not supported (os error 95)", true],
  ["linux", "locks", "Input/output error (os error 5)", false],
  ["linux", "locks", "Invalid argument (os error 22)", false],
  ["linux", "sync", "Invalid argument (os error 22)", true],
  ["linux", "sync", "No space left on device (os error 28)", false],
  ["darwin", "locks", "Operation not supported (os error 45)", true],
  ["darwin", "locks", "No locks available (os error 37)", false],
  ["windows", "locks", "The request is not supported. (os error 50)", true],
  ["windows", "sync", "The handle is invalid. (os error 6)", false],
] as const;

for (const [platform, ability, message, expected] of rows) {
  Deno.test(`file system: ${platform}, ${ability}: ${message}`, () => {
    assert.equal(lacks(platform, ability, new Error(message)), expected);
  });
}

Deno.test("an error about an unreadable file omits the runtime's advice", () => {
  const words = 'Requires all access to "/dev/stdin", run again with the --allow-all flag';
  const { message } = failedFileOperation(
    "read",
    "/dev/stdin",
    new Deno.errors.NotCapable(words),
  );
  assert.equal(
    message,
    "cannot read /dev/stdin: it is a device or system file",
  );
});
