// Removes imported keys from ~/.aws/credentials: all other bytes stay, and a fault at any point leaves
// the old file or the new one.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import { planAwsCredentials } from "../../src/migration/aws_credentials.ts";
import { awsFileLimit, parseCredentials, readAwsFiles } from "../../src/migration/aws_files.ts";
import { withoutKeys } from "../../src/migration/credentials_edit.ts";
import { removeKeys } from "../../src/migration/credentials_file.ts";
import { run } from "../../src/program.ts";
import { failingFiles, faults } from "../support/faults.ts";
import { testSystem } from "../support/test_system.ts";

const path = "/home/ann/.aws/credentials";
const id = (n: number) => `AKIAIMPORTED${String(n).padStart(8, "0")}`;
const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Lines without keys, to mix with the keys. */
const noise = fc.constantFrom(
  "",
  "# a comment",
  "; another = one",
  "  # [indented]",
  "region = eu-west-1",
  "s3 =",
  "  max_concurrent_requests = 20",
  "no setting at all",
  "\t",
  "# aws_secret_access_key = old",
  "ключ = значение",
);
const section = fc.record({
  before: fc.array(noise, { maxLength: 4 }),
  between: fc.array(noise.filter((line) => line !== "s3 ="), { maxLength: 3 }),
  after: fc.array(noise, { maxLength: 4 }),
  header: fc.constantFrom("[NAME]", "  [NAME]  ", "[NAME] # mine"),
  set: fc.constantFrom("=", " = ", " =  "),
  end: fc.constantFrom("\n", "\r\n"),
});

function written(sections: readonly (typeof section extends fc.Arbitrary<infer T> ? T : never)[]) {
  return sections.map(({ before, between, after, header, set, end }, n) =>
    [
      header.replace("NAME", `p${n}`),
      ...before.filter((line) => line !== "s3 ="),
      `aws_access_key_id${set}${id(n)}`,
      ...between,
      `aws_secret_access_key${set}secret/${n} # the key`,
      ...after,
    ].map((line) => line + end).join("")
  );
}

Deno.test("removing keys keeps every other line, byte for byte", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(section, { minLength: 1, maxLength: 5 }),
      fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
      fc.boolean(),
      async (sections, chosen, cut) => {
        const whole = "# head\n" + written(sections).join("");
        const text = cut ? whole.replace(/\r?\n$/, "") : whole;
        const names = sections.map((_, n) => `p${n}`).filter((_, n) => chosen[n]);
        const { bytes, removed, left } = withoutKeys(bytesOf(text), names);
        assert.deepEqual([removed, left], [names, []]);
        const lines = (all: string) => all.split(/(?<=\n)/);
        const rest = lines(textOf(bytes));
        // Only the keys and headers of the chosen sections are gone; everything else is there in order.
        const gone: string[] = [];
        let at = 0;
        for (const line of lines(text)) {
          if (rest[at] === line) at++;
          else gone.push(line);
        }
        assert.equal(at, rest.filter(Boolean).length + (rest.at(-1) === "" ? 1 : 0));
        for (const line of gone) {
          assert.match(line, /^\s*(\[|aws_(access_key_id|secret_access_key))/);
        }
        // The SDK parses the same, except for these keys.
        const [before, after] = await Promise.all(
          [text, textOf(bytes)].map((each) => parseCredentials(each)),
        );
        for (const [name, settings] of before ?? []) {
          const expected = [...settings].filter(([key]) =>
            !names.includes(name) || !/^aws_(access_key_id|secret_access_key)$/.test(key)
          );
          assert.deepEqual([...after?.get(name) ?? []], expected);
        }
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("any bytes: no crash, and sections not named stay", () => {
  const pieces = fc.constantFrom(
    "[a]",
    "[b]",
    "\n",
    "\r\n",
    "=",
    " ",
    "#",
    "aws_access_key_id",
    "x",
  );
  const soup = fc.array(fc.oneof(pieces.map(bytesOf), fc.uint8Array({ maxLength: 8 })));
  fc.assert(fc.property(soup, (parts) => {
    const bytes = Uint8Array.from(parts.flatMap((part) => [...part]));
    assert.deepEqual(withoutKeys(bytes, []).bytes, bytes);
    const { bytes: after, removed } = withoutKeys(bytes, ["a"]);
    if (!removed.length) assert.deepEqual(after, bytes);
    assert.ok(after.length <= bytes.length);
  }));
});

Deno.test("a duplicate section or key is left alone", () => {
  const keys = "aws_access_key_id = x\naws_secret_access_key = y\n";
  for (const text of [`[a]\n${keys}[a]\n${keys}`, `[a]\n${keys}${keys}`, `[a]\n${keys}[a]\n`]) {
    const { bytes, removed, left } = withoutKeys(bytesOf(text), ["a"]);
    assert.equal(textOf(bytes), text);
    assert.deepEqual([removed, left], [[], [{
      name: "a",
      why: "the file contains its keys twice",
    }]]);
  }
  const nested = "[a]\ns3 =\n  aws_access_key_id = x\n  aws_secret_access_key = y\n";
  assert.deepEqual(withoutKeys(bytesOf(nested), ["a"]).removed, []);
});

const file = [
  "[one]",
  `aws_access_key_id = ${id(1)}`,
  "aws_secret_access_key = one/secret",
  "[two]",
  `aws_access_key_id = ${id(2)}`,
  "aws_secret_access_key = two/secret",
  "",
].join("\n");

Deno.test("a fault at every operation: the old file or the new one, and the backup before it", async () => {
  for (const fault of faults) {
    for (let n = 1;; n++) {
      const system = testSystem();
      system.files.put(path, file, 0o600);
      const { credentials } = await readAwsFiles(system);
      const files = failingFiles(system.files, n, fault);
      const failure = await removeKeys({ ...system, files }, path, ["one"], credentials)
        .then(() => undefined, (error) => error);
      const now = system.files.text(path);
      const copies = system.files.all("/home/ann/.aws").filter((each) => each.includes("backup"));
      if (now !== file) {
        assert.equal(now, file.slice(file.indexOf("[two]")));
        assert.equal(system.files.text(copies[0] ?? ""), file);
        assert.equal(system.files.facts(copies[0] ?? "")?.mode, 0o600);
      }
      if (!failure) {
        assert.ok(n > (fault === "full" ? 1 : 5), "the operations were counted");
        break;
      }
      // The next import finishes whatever was interrupted.
      const { credentials: next } = await readAwsFiles(system);
      await removeKeys({ ...system, now: () => system.now() + 5000 }, path, ["two"], next);
      const left = system.files.all("/home/ann/.aws").filter((each) => !each.includes("backup"));
      assert.deepEqual(left, [path]);
      assert.ok(failure instanceof Failure, String(failure));
      assert.ok(n < 50, "it never succeeds");
    }
  }
});

Deno.test("a file that changed since it was read stays unchanged", async () => {
  const system = testSystem();
  system.files.put(path, file);
  const { credentials } = await readAwsFiles(system);
  system.files.put(path, file.replace("one/secret", "another"));
  await assert.rejects(removeKeys(system, path, ["one"], credentials), /changed in the meantime/);
  assert.deepEqual(system.files.all("/home/ann/.aws"), [path]);
});

Deno.test("a key that differs from the one athm has is never removed", async () => {
  const system = testSystem();
  system.files.put(path, file);
  assert.equal(await run(["import", "aws-credentials"], system), 0);
  const other = file.replace("two/secret", "rotated/secret");
  system.files.put(path, other);
  assert.equal(await run(["import", "aws-credentials", "--remove"], system), 1);
  assert.equal(system.files.text(path), other.slice(other.indexOf("[two]")));
  assert.match(system.captured.said.join("\n"), /skipped two: .*--force/);
  assert.doesNotMatch(system.captured.said.join("\n"), /secret\b/);
});

Deno.test("invalid names are made valid and reported", async () => {
  const system = testSystem();
  system.files.put(
    path,
    file.replace("[one]", "[ünï/côdé]").replace("[two]", "[UNI]") +
      file.replace("[one]", "[uni]").replace(/\[two\][^]*/, ""),
  );
  assert.equal(await run(["import", "aws-credentials"], system), 0);
  assert.match(system.captured.said.join("\n"), /imported n-c-d- \("ünï\/côdé"\)/);
  assert.match(system.captured.said.join("\n"), /imported uni-2 \("uni"\)/);
});

Deno.test("file content in messages is bounded and never a secret", async () => {
  const system = testSystem();
  system.files.put(path, "#".repeat(awsFileLimit + 1));
  await assert.rejects(readAwsFiles(system), /larger than 8388608 bytes/);
  const bad = "[a]\naws_access_key_id = CANARYcanary/notanid\naws_secret_access_key = CANARY\tx\n";
  system.files.put(path, bad);
  const files = await readAwsFiles(system);
  const { incoming, skipped } = planAwsCredentials(files, new Map([["a", "a"]]));
  assert.equal(incoming.length, 0);
  assert.doesNotMatch(JSON.stringify(skipped), /CANARY/);
});

Deno.test("the file mode stays despite the umask", async () => {
  const calls: string[][] = [];
  const system = testSystem();
  system.files.put(path, file, 0o660);
  const { credentials } = await readAwsFiles(system);
  const create = (at: string, bytes: Uint8Array, mode: number) =>
    system.files.create(at, bytes, mode & ~0o022);
  const help = ({ command, args: [mode = "", at = ""] }: {
    command: string;
    args: readonly string[];
  }) => {
    calls.push([command, mode]);
    system.files.chmod(at, parseInt(mode, 8));
    return Promise.resolve({ code: 0, stdout: "" });
  };
  const files = { ...system.files, create };
  const children = { ...system.children, help };
  await removeKeys({ ...system, files, children }, path, ["one"], credentials);
  assert.deepEqual(calls, [["chmod", "660"]]);
  assert.equal(system.files.facts(path)?.mode, 0o660);
});

Deno.test("a section with keys that SDKs ignore for its name is reported", async () => {
  const keys = `aws_access_key_id = ${id(1)}\naws_secret_access_key = s/1\n`;
  const file = `[we ird]\n${keys}[profile p]\n${keys}[no key]\nregion = x\n[a b c]\n${keys}`;
  const system = testSystem();
  system.files.put(path, `${file}[empty one]\naws_access_key_id =\n`);
  const { leftOut, credentials } = await readAwsFiles(system);
  const passedOver = leftOut.credentials.filter(({ hasKey }) => hasKey).map(({ from }) => from);
  assert.deepEqual(passedOver, ["we ird"]);
  assert.deepEqual([...credentials.keys()], ["profile.p", "a b c"]);
  for (const line of [["import", "aws-credentials"], ["import", "aws-credentials", "we ird"]]) {
    const other = testSystem();
    other.files.put(path, `[we ird]\n${keys}`);
    assert.equal(await run(line, other), 1);
    assert.match(
      other.captured.said.join("\n"),
      /^athm: skipped we ird: has a name that AWS SDKs ignore/m,
    );
    assert.match(other.captured.said.join("\n"), /^athm: 0 imported, 1 skipped$/m);
  }
});
