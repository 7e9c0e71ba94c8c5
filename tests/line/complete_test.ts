/** Completions of a command line, and the replies to the shells' scripts. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { completing } from "../../src/commands/completions.ts";
import { entries } from "../../src/commands/all_commands.ts";
import { type ExpectedWord, expectedWordAt } from "../../src/line/complete.ts";
import { globalOptions } from "../../src/line/command.ts";
import { readLine } from "../../src/line/read.ts";
import { answerText, shells } from "../../src/line/shells.ts";
import { run } from "../../src/program.ts";
import { openOrCreateStore } from "../../src/session/stores.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { keysProfile, runs } from "../support/store_samples.ts";
import { testSystem } from "../support/test_system.ts";

const at = (...words: string[]) => expectedWordAt(words, entries);
const values = (wanted: ExpectedWord) =>
  wanted.kind === "values" ? wanted.values.map(({ value }) => value) : assert.fail(wanted.kind);

Deno.test("complete: lists each command and group once", async () => {
  const first = values(await at(""));
  assert.deepEqual([...new Set(entries.map(({ path }) => path[0]))], first);
  const aws = entries.filter(({ path }) => path[0] === "aws" && path.length === 2);
  const groups = entries.filter(({ path }) => path.length > 2).map(({ path }) => path[1] ?? "");
  assert.deepEqual(
    values(await at("--debug", "aws", "")).filter((each) => !groups.includes(each)),
    aws.map(({ path }) => path[1]),
  );
  assert.deepEqual(values(await at("nonsense", "")), []);
});

Deno.test("complete: completes the commands of aws without aws once they are begun", async () => {
  assert.deepEqual(values(await at("ex")).filter((each) => each.startsWith("ex")), [
    "exec",
    "export",
  ]);
  assert.ok(!values(await at("")).includes("exec"));
  const seen = values(await at("p"));
  assert.equal(new Set(seen).size, seen.length, "policy and prompt, each once");
  assert.deepEqual(await at("exec", ""), { kind: "profile", before: "" });
  assert.deepEqual(await at("exec", "a", "--", "l"), { kind: "program", from: 3 });
  assert.ok(values(await at("sso", "")).includes("import"));
  assert.ok(values(await at("help", "store", "")).includes("rekey"));
  assert.ok(values(await at("ls", "--")).includes("--json"));
});

Deno.test("complete: after an option whose value may be omitted, an operand or a time", async () => {
  assert.deepEqual(await at("aws", "set", "--confirm", ""), { kind: "profile", before: "" });
  assert.deepEqual(await at("aws", "set", "--confirm", "1h", ""), { kind: "profile", before: "" });
  assert.deepEqual(await at("aws", "set", "--confirm", "1"), { kind: "nothing" });
  assert.deepEqual(await at("aws", "set", "--confirm", "a", ""), { kind: "nothing" });
  assert.ok(values(await at("aws", "set", "--confirm", "--")).includes("--region"));
});

Deno.test("complete: offers every option, and none again that may occur only once", async () => {
  for (const entry of entries) {
    const { command } = await entry.load();
    // A command that only takes another program's command line has no operands of its own.
    const all = [...globalOptions, ...command.options].map(({ name }) => `--${name}`);
    assert.deepEqual(values(await at(...entry.path, "-")), all, entry.path.join(" "));
    for (const { name, value, repeat } of command.options) {
      const given = value === undefined ? [`--${name}`] : [`--${name}=x`];
      const left = values(await at(...entry.path, ...given, "--"));
      assert.equal(left.includes(`--${name}`), repeat === true, `${entry.path.join(" ")} ${name}`);
    }
  }
});

Deno.test("complete: an option's value: its choices, files, profiles, regions", async () => {
  assert.ok(values(await at("aws", "export", "x", "--format", "")).includes("json"));
  assert.ok(values(await at("aws", "export", "x", "--format=")).includes("--format=json"));
  assert.deepEqual(await at("aws", "add", "x", "--policy", ""), { kind: "file", before: "" });
  assert.deepEqual(await at("aws", "add", "x", "--policy=a"), {
    kind: "file",
    before: "--policy=",
  });
  assert.deepEqual(await at("aws", "add", "x", "--from", ""), { kind: "profile", before: "" });
  assert.deepEqual(await at("aws", "add", "x", "--region", ""), { kind: "region", before: "" });
  assert.deepEqual(await at("aws", "add", "x", "--duration", ""), { kind: "nothing" });
  assert.deepEqual(await at("aws", "add", "x", "--nonsense="), { kind: "nothing" });
  const unset = values(await at("aws", "set", "x", "--unset", ""));
  assert.ok(unset.includes("external-id") && unset.includes("fips"), `${unset}`);
  assert.ok(!unset.includes("no-login"));
});

Deno.test("complete: completes operands as the table of commands names them", async () => {
  const profile = { kind: "profile", before: "" };
  for (const line of ["exec", "export", "process", "show", "whoami", "set", "mv", "rm a b", "rm"]) {
    assert.deepEqual(await at("aws", ...line.split(" "), ""), profile, line);
  }
  assert.deepEqual(await at("serve", "a", ""), profile);
  for (const line of ["token eks prod", "kubeconfig prod", "presign s3://b/k", "docker-login r"]) {
    assert.deepEqual(await at("aws", ...line.split(" "), ""), profile, line);
  }
  assert.deepEqual(await at("aws", "token", "eks", ""), { kind: "nothing" });
  const first = await at("serve", "");
  assert.ok(first.kind === "profile");
  assert.deepEqual(first.others?.map(({ value }) => value), ["token"]);
  assert.deepEqual(values(await at("serve", "token", "")), ["add", "ls", "rm"]);
  assert.deepEqual(await at("serve", "token", "rm", ""), { kind: "client", before: "" });
  assert.deepEqual(await at("policy", "rm", ""), { kind: "policy", before: "" });
  assert.deepEqual(await at("exec", "a", "--policy", "@"), { kind: "policy", before: "@" });
  assert.deepEqual(await at("exec", "a", "--policy=@x"), { kind: "policy", before: "--policy=@" });
  assert.deepEqual(await at("exec", "a", "--policy", ""), { kind: "file", before: "" });
  // A profile keeps a policy's text, not a name.
  assert.deepEqual(await at("add", "a", "--policy", "@"), { kind: "file", before: "" });
  assert.deepEqual(await at("serve", "token", "add", "a", "--profile", ""), profile);
  assert.deepEqual(await at("serve", "--print-env="), { kind: "served", before: "--print-env=" });
  assert.deepEqual(await at("aws", "mv", "old", ""), { kind: "nothing" });
  assert.deepEqual(await at("aws", "show", "a", ""), { kind: "nothing" });
  assert.deepEqual(await at("aws", "add", ""), { kind: "nothing" });
  assert.deepEqual(await at("import", "aws-config", ""), { kind: "nothing" });
  assert.deepEqual(await at("store", "backup", ""), { kind: "file", before: "" });
  assert.deepEqual(values(await at("store", "custody", "")), ["keychain", "passphrase", "file"]);
  assert.deepEqual(values(await at("completions", "")), shells.map(({ name }) => name));
  assert.deepEqual(values(await at("audit", "")), ["verify"]);
});

Deno.test("complete: leaves exec's command and its arguments to the shell", async () => {
  assert.deepEqual(await at("aws", "exec", "a", ""), { kind: "program", from: 3 });
  assert.deepEqual(await at("aws", "exec", "a", "ls", "-l", ""), { kind: "program", from: 3 });
  assert.deepEqual(await at("aws", "exec", "a", "--rotate", "--", "l"), {
    kind: "program",
    from: 5,
  });
  assert.deepEqual(await at("aws", "exec", "--ambient", "--", ""), { kind: "program", from: 4 });
});

const word = fc.oneof(
  fc.constantFrom(...entries.flatMap(({ path }) => path)),
  fc.constantFrom(
    "--",
    "-",
    "--region",
    "--format",
    "--rotate",
    "--region=x",
    "-h",
    "--debug",
    "a",
  ),
  fc.string({ maxLength: 6 }),
);

Deno.test("complete: completes any line, and agrees with athm about where the program begins", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 8 }), async (words) => {
      const wanted = await expectedWordAt(words, entries);
      if (wanted.kind !== "program") return;
      const { line } = await readLine(words, entries);
      assert.deepEqual(line?.program, words.slice(wanted.from), JSON.stringify(words));
    }),
    runs(1000),
  );
});

Deno.test("complete: no answer has more lines or fields than the protocol allows", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 8 }), async (words) => {
      const wanted = await expectedWordAt(words, entries);
      if ("before" in wanted && wanted.kind !== "file") return;
      const [first = "", ...rest] = answerText(wanted).replace(/\n$/, "").split("\n");
      assert.match(first, /^(values|files( --[a-z-]+=)?|program \d+)$/);
      for (const line of rest) assert.match(line, /^[^\t\n]+\t[^\t\n]*$/);
    }),
    runs(500),
  );
});

Deno.test("complete: lists profiles without a prompt and without a helper", async () => {
  const files = memoryFiles();
  const maker = testSystem({ files, env: { ATHM_PASSPHRASE: "correct horse" } });
  const store = await openOrCreateStore(maker);
  for (const name of ["one", "Two@work"]) {
    await store.saveProfile(keysProfile(name), { replace: false });
  }
  const words = ["completions", "bash", "--", "aws", "show", ""];
  const open = testSystem({ files, env: { ATHM_PASSPHRASE: "correct horse" } });
  assert.equal(await run(words, open), 0);
  assert.equal(open.captured.out, "values\none\tkeys\nTwo@work\tkeys\n");
  const client = { tokenHash: "0".repeat(64), profiles: ["one"], added: 0 };
  await store.clients.save(client.tokenHash, { ...client, label: "ide" });
  const reply = async (...line: string[]) => {
    const system = testSystem({ files, env: { ATHM_PASSPHRASE: "correct horse" } });
    assert.equal(await run(["completions", "bash", "--", ...line], system), 0);
    return system.captured.out;
  };
  assert.equal(await reply("serve", "token", "rm", ""), "values\nide\tclient\n");
  const policy = { name: "deploy-only", policy: "{}" };
  await store.policies.save(policy.name, policy);
  assert.equal(
    await reply("exec", "one", "--policy", "@"),
    "values\n@deploy-only\tpolicy\n",
  );
  const all = "ide\tclient\none\tkeys\nTwo@work\tkeys\n";
  assert.equal(await reply("serve", "--print-env", ""), `values\n${all}`);
  assert.match(await reply("serve", ""), /^values\ntoken\t[^\n]+\none\tkeys\nTwo@work\tkeys\n$/);
  // A prompt would be possible; the test's system fails if a helper is started.
  const locked = testSystem({ files, answers: ["correct horse"] });
  assert.equal(await run(words, locked), 0);
  assert.equal(locked.captured.out, "values\n");
  assert.deepEqual([locked.asked, locked.captured.said], [[], []]);
});

Deno.test("complete: PowerShell's words are prefixed with a dot, because it drops empty ones", async () => {
  const system = testSystem();
  assert.equal(await run(["completions", "powershell", "--", ".store", "."], system), 0);
  assert.match(system.captured.out, /^values\nstatus\t/);
});

Deno.test("complete: no script evaluates anything", () => {
  for (const { name, script } of shells) {
    const code = script.replaceAll(/^\s*#.*$/gm, "").replaceAll(/Invoke-Expression/g, "eval");
    assert.doesNotMatch(code, /\beval\b|compgen -W|\biex\b/, name);
    assert.match(script, new RegExp(`athm completions ${name}`));
  }
  assert.equal(completing(entries).runsProgram, true);
});
