/** The doctor's findings in files: the store, `~/.aws`, the folders of `PATH`. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { callOf } from "../../src/doctor/processes.ts";
import { programsNamed } from "../../src/doctor/program.ts";
import { beforeProcess } from "../../src/migration/config_edit.ts";
import { anyCharacter } from "../support/any_character.ts";
import { machine, says } from "../support/doctor_machine.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { canary, home, keysProfile, runs } from "../support/store_samples.ts";
import { testSystem } from "../support/test_system.ts";

Deno.test("doctor: reports keys in ~/.aws, first those that override a credential_process", async () => {
  const files = memoryFiles();
  const key = `aws_access_key_id = AKIA\naws_secret_access_key = ${canary}\n`;
  files.put(
    "/home/ann/.aws/credentials",
    `[a]\n${key}[b]\n${key}[c]\n${key}aws_session_token = ${canary}\n[f]\n${key}aws_session_token = ${canary}\n`,
  );
  files.put(
    "/home/ann/.aws/config",
    `[profile a]\ncredential_process = x\n[profile d]\ncredential_process = x\nrole_arn = y\n[profile e]\n${key}[profile f]\ncredential_process = x\n`,
  );
  const found = await says("aws-files", { files });
  assert.equal(found.length, 6);
  assert.match(
    found[0] ?? "",
    /^failed the keys of "a" .* take precedence over its credential_process -> athm import aws-credentials --remove$/,
  );
  assert.match(found[1] ?? "", /^warning "b" .* a plaintext access key/);
  assert.match(found[2] ?? "", /^warning "c" .* plaintext session left by another tool/);
  // Import skips temporary keys.
  assert.match(
    found[3] ?? "",
    /^failed the keys of "f" .* take precedence over its credential_process -> "\$\{EDITOR:-vi\}" \/home\/ann\/\.aws\/credentials$/,
  );
  assert.match(
    found[4] ?? "",
    /^failed "d" .* has role_arn, which takes precedence over its credential_process/,
  );
  assert.match(found[5] ?? "", /^warning "e" .* contains a plaintext key/);
});

Deno.test("doctor: checks a config file as configure does", async () => {
  const config = async (text: string) => {
    const files = memoryFiles();
    files.put("/home/ann/.aws/config", text);
    return (await says("aws-files", { files })).join("\n");
  };
  const path = "/home/ann/.aws/config";
  const fix = `-> "\${EDITOR:-vi}" ${path}`;
  assert.equal(
    await config("[profile x\nfoo\n"),
    `failed line 1 of ${path} is not a section ${fix}`,
  );
  assert.equal(
    await config("[profile x]\n[profile x]\n"),
    `failed line 2 of ${path} repeats the section of line 1 ${fix}`,
  );
  for (const key of beforeProcess) {
    const found = await config(`[profile x]\ncredential_process = y\n${key} = z\n`);
    assert.ok(found.startsWith(`failed "x" in ${path} has ${key}, which takes precedence`), found);
  }
  assert.match(await config("[profile x]\ncredential_process = y\n"), /^ok /);
});

Deno.test("doctor: reports a credential_process whose athm or profile is missing", async () => {
  const files = memoryFiles();
  files.put("/opt/athm", "", 0o755);
  files.put("/opt/not-executable/athm", "", 0o644);
  const line = (name: string, command: string) =>
    `[profile ${name}]\ncredential_process = ${command}\n`;
  files.put(
    "/home/ann/.aws/config",
    [
      line("good", "/opt/athm aws process one"),
      line("onpath", '"athm" aws process one'),
      line("gone", "/gone/athm aws process one"),
      line("mode", "/opt/not-executable/athm aws process one"),
      line("nobody", "/opt/athm aws process nobody"),
      line("other", "/usr/bin/other-tool"),
      line("a+b", "/gone/athm aws process one"),
    ].join(""),
  );
  const profiles = [keysProfile("one")];
  const found = await says("processes", {
    files,
    profiles,
    env: { HOME: "/home/ann", PATH: "/opt" },
  });
  assert.deepEqual(found.map((each) => /of ("[^"]*")/.exec(each)?.[1]), [
    '"gone"',
    '"mode"',
    '"nobody"',
    '"a+b"',
  ]);
  assert.match(found[0] ?? "", /-> athm aws configure one --profile gone$/);
  assert.match(found[3] ?? "", /-> type -a athm$/);
});

Deno.test("doctor: parses any credential_process safely and recognizes only athm's", () => {
  assert.deepEqual(callOf("athm aws process --region x one"), { program: "athm", name: "x" });
  assert.deepEqual(callOf("'/a b/athm' aws process one"), { program: "/a b/athm", name: "one" });
  assert.deepEqual(callOf("C:\\x\\athm.exe aws process one")?.name, "one");
  assert.equal(callOf("notathm aws process one"), undefined);
  fc.assert(fc.property(fc.string({ unit: anyCharacter }), (line) => void callOf(line)), runs(500));
});

Deno.test("doctor: reports other athm programs on PATH, not links to the same one", async () => {
  const files = memoryFiles();
  files.put("/usr/bin/athm", "a", 0o755);
  files.link("/bin", "/usr/bin");
  assert.deepEqual(await says("program", { files, env: { PATH: "/usr/bin:/bin" } }), [
    "ok /usr/bin/athm",
  ]);
  assert.deepEqual(await says("program", { files, env: { PATH: "/nowhere" } }), [
    "warning athm is not on PATH: shells and credential_process may not find it" +
    ' -> export PATH="$PATH":/usr/local/bin',
  ]);
  files.put("/home/ann/bin/athm", "b", 0o755);
  const two = await says("program", { files, env: { PATH: "/home/ann/bin:/usr/bin:/bin" } });
  assert.match(
    two[0] ?? "",
    /^warning 2 different athm programs are on PATH; \/home\/ann\/bin\/athm runs -> type -a athm$/,
  );
  const system = testSystem({
    files,
    env: { PATH: "/tools;/more", PATHEXT: ".EXE;.CMD" },
    system: { platform: "windows" },
  });
  files.put("/more/athm.EXE", "", 0o755);
  assert.deepEqual(programsNamed(system, "athm"), ["/more/athm.EXE"]);
});

Deno.test("doctor: leaves a locked store locked and still checks its modes", async () => {
  const files = memoryFiles();
  const locked = {
    files,
    profiles: [keysProfile("one")],
    env: { STORE: "passphrase" },
    answers: [canary],
  };
  assert.match(
    (await says("store", locked))[0] ?? "",
    /^warning .*locked.* -> athm store unlock; athm doctor$/,
  );
  assert.match(
    (await says("profiles", { files, answers: [canary] }))[0] ?? "",
    /^warning cannot be read: the store is locked/,
  );
  // Disabled prompts and a missing key are different problems.
  const text = files.text(`${home}/store.json`) ?? "";
  files.put(`${home}/store.json`, text.replace(/"wrapped":"[^"]{20}/, '"wrapped":"'));
  assert.match((await says("store", { files }))[0] ?? "", /^failed cannot open/);
  files.chmod(home, 0o755);
  assert.match(
    (await says("store", { files }))[0] ?? "",
    /^failed other users have access to .* -> chmod go-rwx /,
  );
});

Deno.test("doctor: a damaged profile or a missing base affects no other profile", async () => {
  const files = memoryFiles();
  const profiles = [
    keysProfile("one"),
    keysProfile("two", { source: { kind: "profile", from: "gone" } }),
  ];
  await machine({ files, profiles });
  assert.deepEqual(await says("profiles", { files }), [
    "failed two uses gone as its source, which does not exist -> athm aws add gone",
  ]);
  const [path = ""] = files.all(`${home}/profiles`);
  files.put(path, "half");
  const found = await says("profiles", { files });
  assert.match(found[0] ?? "", /^failed cannot open a profile with an unreadable name/);
  assert.match(
    (await says("store", { files }))[0] ?? "",
    /^failed cannot open.* -> athm store verify$/,
  );
});
