// CONTRIBUTING.md's recipes, followed to the letter on a copy of the project: what they add must pass
// the type checker, the plan of the house and its style, and do what it is said to do.

import assert from "node:assert/strict";
import { execWorld } from "../support/exec_world.ts";

const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);
const text = Deno.readTextFileSync(`${root}CONTRIBUTING.md`);

/** The blocks of a part of the document that name a file. */
function blocks(heading: string): { kind: string; file: string; lines: string[] }[] {
  const part = text.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? "";
  return Array.from(
    part.matchAll(/^```(\w+) (\S+)\n([\s\S]*?)^```$/gm),
    ([, kind = "", file = "", body = ""]) => ({ kind, file, lines: body.trimEnd().split("\n") }),
  );
}

/** Replaces each run of `-` lines, whose text must stand in the file once, by the `+` lines below it. */
function edited(before: string, lines: readonly string[], file: string): string {
  const steps: { old: string[]; new: string[] }[] = [];
  let last = "+";
  for (const line of lines) {
    const [sign = ""] = line;
    assert.ok(sign === "-" || sign === "+", `${file}: ${line}`);
    if (sign === "-" && last === "+") steps.push({ old: [], new: [] });
    steps.at(-1)?.[sign === "-" ? "old" : "new"].push(line.slice(1));
    last = sign;
  }
  let after = before;
  for (const step of steps) {
    const old = step.old.join("\n");
    assert.equal(after.split(old).length, 2, `${file} must hold this once: ${old}`);
    after = after.replace(old, () => step.new.join("\n"));
  }
  return after;
}

async function follow(heading: string, copy: string): Promise<void> {
  const found = blocks(heading);
  assert.ok(found.length >= 2, `the recipe "${heading}" has blocks`);
  for (const { kind, file, lines } of found) {
    const path = `${copy}/${file}`;
    if (kind === "diff") {
      await Deno.writeTextFile(path, edited(await Deno.readTextFile(path), lines, file));
    } else {
      await Deno.writeTextFile(path, lines.join("\n") + "\n", { createNew: true });
    }
  }
}

/** Everything but what was built: a copy that can be changed. */
async function copyOf(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory, isFile } of Deno.readDir(from)) {
    if (/^(\.git|dist|build|coverage|node_modules)$/.test(name)) continue;
    if (isDirectory) await copyOf(`${from}/${name}`, `${to}/${name}`);
    else if (isFile) await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

async function deno(
  copy: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: copy,
    // Of the copy: neither the bundle nor the binary of the program as it was.
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ATHM_TEST_BUNDLE: "", ATHM_BIN: "", ...env },
    stdin: "null",
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.ok(success, `deno ${args.join(" ")}\n${decode(stdout)}\n${decode(stderr)}`);
  return decode(stdout);
}

Deno.test("CONTRIBUTING.md: the recipes for a format, a command and a source pass the gate", async () => {
  await using world = await execWorld();
  const copy = `${world.home.folder}/copy`;
  await copyOf(root.replace(/\/$/, ""), copy);
  for (const heading of ["Add a format", "Add a command", "Add a source"]) {
    await follow(heading, copy);
  }

  // After all three, as a contributor would: the stores of the tests get a profile of the source.
  await deno(copy, ["task", "-q", "store-fixture"]);
  await deno(copy, ["task", "-q", "style"]);
  const test = ["test", "-q", "--frozen", "-A", "--no-prompt"];
  const gate = [
    "commands/add_wizard",
    "commands/said_once",
    "session/fingerprint_record",
    "house/help",
    "house/json",
    "house/layers",
    "session/roles",
    "store/fixture",
    "store/sealed",
  ];
  await deno(copy, [...test, ...gate.map((name) => `tests/${name}_test.ts`)]);
  const story = await deno(copy, [...test, "tests/stories_test.ts"], { ATHM_STORY: "account" });
  assert.match(story, /1 passed/);

  const athm = async (...args: readonly string[]) => {
    const env = {
      ...Object.fromEntries(world.home.env),
      ...world.keys,
      ATHM_HOME: `${copy}/store`,
    };
    return await deno(copy, ["run", "-q", "--frozen", "-P", "--no-prompt", "main.ts", ...args], {
      ...env,
      PATH: Deno.env.get("PATH") ?? "",
      HOME: Deno.env.get("HOME") ?? "",
    });
  };
  const key = world.keys.AWS_ACCESS_KEY_ID;
  const document = JSON.stringify({
    Version: 1,
    AccessKeyId: key,
    SecretAccessKey: world.keys.AWS_SECRET_ACCESS_KEY,
  });
  await Deno.writeTextFile(`${copy}/document.json`, document);
  const by = `cat ${copy}/document.json`;
  await athm("aws", "add", "made", "--printed-by", by, "--endpoint-url", world.aws.url);
  assert.match(await athm("aws", "ls"), /^made\s+printed\s/m);
  assert.match(await athm("aws", "show", "made"), /^printed by +cat \S+$/m);
  assert.equal(JSON.parse(await athm("aws", "show", "made", "--json")).source.command, by);
  const device = "arn:aws:iam::123456789012:mfa/ann";
  await assert.rejects(
    athm("aws", "add", "other", "--printed-by", by, "--mfa-serial", device),
    /--mfa-serial is not allowed here/,
  );
  assert.equal(await athm("aws", "account", "made"), "123456789012\n");
  const shown = await athm("aws", "export", "made", "--format", "properties");
  assert.match(
    shown,
    /^-Daws\.accessKeyId=ASIA\w+\n-Daws\.secretAccessKey=\S+\n-Daws\.sessionToken=/,
  );
});
