// Import from aws-vault. Items are created as by github.com/99designs/keyring: a compact JWE with
// PBES2-HS256+A128KW, A256GCM, 8,192 rounds, 12 bytes of salt and `created` in the header.

import assert from "node:assert/strict";
import fc from "fast-check";
import { compactDecrypt, CompactEncrypt } from "jose";
import { Failure } from "../../src/model/failure.ts";
import { planAwsVault } from "../../src/migration/aws_vault.ts";
import { parseConfig } from "../../src/migration/aws_files.ts";
import { findVault } from "../../src/migration/vault.ts";
import { dataOf, itemLimit, keyIn, openItem } from "../../src/migration/vault_item.ts";
import { accountsIn } from "../../src/migration/vault_keychains.ts";
import { vaultNames } from "../../src/migration/vault_names.ts";
import { run } from "../../src/program.ts";
import type { HelperSpec } from "../../src/system/children.ts";
import { anyCharacter } from "../support/any_character.ts";
import { testSystem, type TestSystemOptions } from "../support/test_system.ts";

const folder = "/home/ann/.awsvault/keys";
const id = "AKIAIMPORTEDWORK0001";
const secret = "wOrKwOrKwOrKwOrKwOrKwOrKwOrKwOrKwOrK0001";
const keyData = JSON.stringify({ AccessKeyID: id, SecretAccessKey: secret, SessionToken: "" });

function item(name: string, data = keyData): string {
  return JSON.stringify({
    Key: name,
    Data: new TextEncoder().encode(data).toBase64(),
    Label: `aws-vault (${name})`,
    Description: "",
    KeychainNotTrustApplication: true,
    KeychainNotSynchronizable: false,
  });
}

async function sealed(text: string, words: string, rounds = 8192): Promise<string> {
  const header = {
    alg: "PBES2-HS256+A128KW",
    created: "2026-01-02 03:04:05.678901234 +0000 UTC m=+0.012345678",
    enc: "A256GCM",
  };
  return await new CompactEncrypt(new TextEncoder().encode(text))
    .setProtectedHeader(header)
    .setKeyManagementParameters({ p2c: rounds, p2s: new Uint8Array(12).fill(7) })
    .encrypt(new TextEncoder().encode(words));
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

function machine(options: TestSystemOptions = {}) {
  return testSystem(options);
}

Deno.test("an item sealed as keyring seals it opens to the same key", async () => {
  const awkward = fc.string({ unit: anyCharacter, minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(awkward, awkward, async (name, words) => {
      const text = await openItem(bytesOf(await sealed(item(name), words, 1000)), words);
      const { accessKeyId, secretAccessKey } = keyIn(dataOf(text ?? "", name));
      assert.equal(accessKeyId, id);
      assert.equal(secretAccessKey.reveal(), secret);
    }),
    { numRuns: 30 },
  );
});

Deno.test("a wrong passphrase or a changed item opens nothing", async () => {
  const token = await sealed(item("work"), "words", 1000);
  assert.equal(await openItem(bytesOf(token), "other words"), undefined);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(token.length - 1),
      fc.integer({ min: 1, max: 255 }),
      async (at, change) => {
        const bytes = bytesOf(token);
        bytes[at] = (bytes[at] ?? 0) ^ change;
        const opened = await openItem(bytes, "words").catch((error) => {
          assert.ok(error instanceof Failure, String(error));
          return undefined;
        });
        // The last base64 digit has spare bits: an item that still opens has the original content.
        assert.ok(opened === undefined || opened === item("work"));
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("anything else is rejected and not quoted", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      await assert.rejects(openItem(bytes, "words"), Failure);
    }),
    { numRuns: 200 },
  );
  const canary = "CANARY-4711";
  const text = fc.oneof(
    fc.json(),
    fc.string(),
    fc.record({ Key: fc.constant("n"), Data: fc.string() }).map((each) => JSON.stringify(each)),
  );
  fc.assert(fc.property(text, (content) => {
    for (const read of [() => dataOf(canary + content, "n"), () => keyIn(content + canary)]) {
      assert.throws(read, (error) => error instanceof Failure && !error.message.includes(canary));
    }
    try {
      keyIn(dataOf(content, "n"));
    } catch (error) {
      assert.ok(error instanceof Failure, String(error));
    }
  }));
});

Deno.test("rounds and size are checked before any computation", async () => {
  const token = await sealed(item("work"), "words", 1000);
  const [head = "", ...rest] = token.split(".");
  const header = JSON.parse(new TextDecoder().decode(
    Uint8Array.fromBase64(head, { alphabet: "base64url" }),
  ));
  for (const p2c of [999, 1_000_001, 2 ** 40, -1, 1.5, "8192", null, undefined]) {
    const changed = bytesOf(JSON.stringify({ ...header, p2c }))
      .toBase64({ alphabet: "base64url", omitPadding: true });
    await assert.rejects(
      openItem(bytesOf([changed, ...rest].join(".")), "words"),
      /iteration count/,
    );
  }
  await assert.rejects(openItem(new Uint8Array(itemLimit + 1), "words"), /too large/);
  const dir = bytesOf('{"alg":"dir","enc":"A256GCM"}').toBase64({ alphabet: "base64url" });
  await assert.rejects(openItem(bytesOf(`${dir}....`), "words"), /not encrypted as aws-vault/);
});

Deno.test("any JWE library opens what the test seals", async () => {
  const { plaintext } = await compactDecrypt(await sealed("text", "words"), bytesOf("words"), {
    keyManagementAlgorithms: ["PBES2-HS256+A128KW"],
  });
  assert.equal(new TextDecoder().decode(plaintext), "text");
});

Deno.test("sessions and SSO tokens are not keys", () => {
  const others = [
    "sts.AssumeRole,d29yaw,,1893456000",
    "session,d29yaw,YXJu,1893456000",
    "session:work:arn:1893456000",
    "work session (1893456000)",
    "oidc:https://example.awsapps.com/start",
  ];
  const { names, leftOut } = vaultNames([...others, "work", "a,b", ""]);
  assert.deepEqual(names, ["work", "a,b"]);
  assert.deepEqual(leftOut.map(({ why }) => why), [
    ...Array(4).fill("a temporary session of aws-vault"),
    "an SSO token of aws-vault",
    "it has no name",
  ]);
  assert.throws(() => vaultNames(Array.from({ length: 20_001 }, (_, n) => `k${n}`)), Failure);
});

Deno.test("import aws-vault names every file that it leaves out, with the reason", async () => {
  const files: Readonly<Record<string, string>> = {
    "sts.AssumeRole,d29yaw,,1893456000": "a session",
    "oidc:https:%2F%2Fexample.awsapps.com%2Fstart": "a token",
    "broken%FFname": "an item",
    "wo%72k": "an item",
    "100%": await sealed(item("100%"), "right"),
    "50%%2Fteam": await sealed(item("50%/team"), "right"),
    "work": await sealed(item("work"), "right"),
  };
  const skipped = [
    "sts.AssumeRole,d29yaw,,1893456000: a temporary session of aws-vault",
    "oidc:https://example.awsapps.com/start: an SSO token of aws-vault",
    "broken%FFname: its file name is not a valid item name",
    "wo%72k: another file has the same name",
    "folder: a folder, not an item",
  ];
  for (const dry of [true, false]) {
    const system = machine({ env: { HOME: "/home/ann", AWS_VAULT_FILE_PASSPHRASE: "right" } });
    for (const [name, text] of Object.entries(files)) system.files.put(`${folder}/${name}`, text);
    system.files.put(`${folder}/folder/x`, "no item");
    assert.equal(await run(["import", "aws-vault", ...dry ? ["--dry-run"] : []], system), 1);
    const said = system.captured.said.join("\n") + system.captured.out.replaceAll("\t", " ");
    for (const line of skipped) {
      const [name, why] = line.split(/: (?=a|its)/);
      assert.ok(said.includes(dry ? `- ${name} - skipped: ${why}` : `skipped ${line}\n`), said);
    }
    if (!dry) assert.match(said, /^athm: 3 imported, 5 skipped$/m);
  }
});

Deno.test("a session that is asked for by name fails; beside keys it does not", async () => {
  const system = machine({ env: { HOME: "/home/ann", AWS_VAULT_FILE_PASSPHRASE: "right" } });
  system.files.put(`${folder}/work`, await sealed(item("work"), "right"));
  system.files.put(`${folder}/session:work:arn:1893456000`, "a session");
  assert.equal(await run(["import", "aws-vault"], system), 0);
  assert.equal(await run(["import", "aws-vault", "session:work:arn:1893456000"], system), 1);
  assert.match(system.captured.said.join("\n"), /^athm: 0 imported, 1 skipped$/m);
});

Deno.test("a wrong passphrase fails after three tries and stores nothing", async () => {
  const system = machine({ answers: ["a", "b", "c", "right"] });
  system.files.put(`${folder}/work`, await sealed(item("work"), "right"));
  assert.equal(await run(["import", "aws-vault"], system), 1);
  assert.equal(system.asked.filter(({ secret }) => secret).length, 3);
  assert.match(system.captured.said.join("\n"), /none of 3 passphrases/);
  assert.equal(system.files.facts("/home/ann/.local/share/athm"), undefined);
});

Deno.test("the third try may succeed, and a damaged item does not stop the others", async () => {
  const system = machine({ answers: ["a", "b", "right", "", ""] });
  system.files.put(`${folder}/a-damaged`, "not a sealed item");
  system.files.put(`${folder}/other`, await sealed(item("other"), "other words"));
  system.files.put(`${folder}/stray`, await sealed(item("work"), "right"));
  system.files.put(`${folder}/work`, await sealed(item("work"), "right"));
  const vault = await findVault(system, undefined, new Map(), []);
  const names = new Map(vault.names.map((name) => [name, name]));
  const plan = await planAwsVault(vault, names, new Map(), { asked: [], dry: false });
  assert.deepEqual(plan.incoming.map(({ name }) => name), ["work"]);
  const why = Object.fromEntries(plan.skipped.map((each) => [each.from, each.why]));
  assert.match(why["a-damaged"] ?? "", /not an encrypted aws-vault item/);
  assert.match(why.other ?? "", /damaged or encrypted with another passphrase/);
  assert.match(why.stray ?? "", /another name/);
  assert.ok(plan.skipped.every(({ failed }) => failed));
});

Deno.test("without prompts: needs-person, naming the variable to set", async () => {
  const system = machine({ env: { AWS_VAULT_BACKEND: "file", AWS_VAULT_FILE_DIR: "~/vault/" } });
  system.files.put("/home/ann/vault/work", await sealed(item("work"), "right"));
  assert.equal(await run(["import", "aws-vault"], system), 1);
  assert.match(system.captured.said.join("\n"), /AWS_VAULT_FILE_PASSPHRASE/);
  system.variables.set("AWS_VAULT_FILE_PASSPHRASE", "right");
  assert.equal(await run(["import", "aws-vault"], system), 0);
});

Deno.test("settings follow aws-vault's order: own, included, default", async () => {
  const config = await parseConfig(
    [
      "[default]\nregion = eu-west-3\nmfa_serial = arn:aws:iam::123456789012:mfa/all",
      "[profile base]\nregion = eu-west-2\ninclude_profile = work",
      "[profile work]\nrole_arn = arn:aws:iam::123456789012:role/r\ninclude_profile = base",
      "mfa_process = code\nsession_tags = a=1, b=2\ntransitive_session_tags = a",
    ].join("\n"),
  );
  const vault = { where: "", names: ["work", "x"], leftOut: [], guessed: false };
  const open = () => Promise.resolve(keyData);
  const names = new Map([["work", "work"], ["x", "x"]]);
  const plan = await planAwsVault({ ...vault, open }, names, config, { asked: [], dry: false });
  const [work, x] = plan.incoming.map(({ profile }) => profile);
  assert.equal(work?.network.region, "eu-west-2");
  assert.deepEqual(work?.roleArns, ["arn:aws:iam::123456789012:role/r"]);
  assert.deepEqual(work?.role.tags, [{ key: "a", value: "1" }, { key: "b", value: "2" }]);
  assert.equal(work?.role.mfaCommand, undefined); // `work` does not say which device
  assert.equal(x?.network.region, "eu-west-3");
  assert.equal(x?.role.mfaSerial, "arn:aws:iam::123456789012:mfa/all");
});

Deno.test("the Secret Service is queried by name; missing items are skipped", async () => {
  const calls: string[][] = [];
  const help = ({ command, args }: { command: string; args: readonly string[] }) => {
    if (args[1] === "profile") calls.push([command, ...args]);
    const found = args[2] === "work";
    return Promise.resolve({ code: found ? 0 : 1, stdout: found ? item("work") : "" });
  };
  const system = machine({
    env: { HOME: "/home/ann", DBUS_SESSION_BUS_ADDRESS: "unix:path=/run/bus" },
  });
  const children = { ...system.children, help };
  system.files.put("/home/ann/.aws/config", "[profile work]\nregion=eu-west-1\n[profile no]\na=b");
  assert.equal(await run(["import", "aws-vault"], { ...system, children }), 0);
  assert.deepEqual(calls, [
    ["secret-tool", "lookup", "profile", "work"],
    ["secret-tool", "lookup", "profile", "no"],
  ]);
  assert.doesNotMatch(system.captured.said.join("\n"), /skipped no:/);
  assert.equal(await run(["import", "aws-vault", "no"], { ...system, children }), 1);
});

Deno.test("the macOS keychain: names from its list, secrets one at a time", async () => {
  const path = "/Users/ann/Library/Keychains/aws-vault.keychain-db";
  const dump = ["work", "sts.AssumeRole,d29yaw,,1893456000", "else"].map((account) =>
    [
      `keychain: "${path}"`,
      'class: "genp"',
      "attributes:",
      `    "acct"<blob>="${account}"`,
      `    "svce"<blob>="${account === "else" ? "other" : "aws-vault"}"`,
    ].join("\n")
  ).join("\n");
  assert.deepEqual(accountsIn(dump), ["work", "sts.AssumeRole,d29yaw,,1893456000"]);
  // `security` prints what is not ASCII in hexadecimal, followed by its own escapes.
  const hex = dump.replace('="work"', '=0x6DC3BC6E "m\\303\\274n"');
  assert.equal(accountsIn(hex)[0], "m\u00fcn");
  fc.assert(fc.property(fc.string(), (text) => void accountsIn(text)));
  const system = machine({ env: { HOME: "/Users/ann" }, system: { platform: "darwin" } });
  system.files.put(path, "");
  const help = ({ args }: { args: readonly string[] }) =>
    Promise.resolve({ code: 0, stdout: args[0] === "dump-keychain" ? dump : `${keyData}\n` });
  const children = { ...system.children, help };
  const vault = await findVault({ ...system, children }, undefined, new Map(), []);
  assert.deepEqual(vault.names, ["work"]);
  assert.equal(keyIn(await vault.open("work")).accessKeyId, id);
});

Deno.test("an unsupported backend is reported with an alternative", async () => {
  const system = machine({ env: { AWS_VAULT_BACKEND: "pass" } });
  assert.equal(await run(["import", "aws-vault"], system), 1);
  assert.match(system.captured.said.join("\n"), /"pass"[^]*aws-vault export --no-session/);
});

Deno.test("without a session bus, the Secret Service is not queried, and its own messages are not shown", async () => {
  const config = "[profile a]\nregion = eu-west-1\n[profile b]\nregion = eu-west-1\n";
  const specs: HelperSpec[] = [];
  const children = {
    ...testSystem().children,
    help: (spec: HelperSpec) => {
      specs.push(spec);
      return Promise.resolve({ code: 1, stdout: "" });
    },
  };
  const ask = async (env: Record<string, string>) => {
    const system = testSystem({ env: { HOME: "/home/ann", ...env }, system: { children } });
    system.files.put("/home/ann/.aws/config", config);
    const code = await run(["import", "aws-vault"], system);
    return { code, said: system.captured.said.join("\n") };
  };
  const none = await ask({});
  assert.equal(none.code, 1);
  assert.match(
    none.said,
    /^athm: error: aws-vault's keys are in the Secret Service, which is not available/,
  );
  assert.match(none.said, /athm: hint: .*desktop session/);
  assert.deepEqual(specs, []);
  await ask({ DBUS_SESSION_BUS_ADDRESS: "unix:path=/run/bus" });
  assert.equal(specs.length, 2, JSON.stringify(specs));
  assert.ok(specs.every(({ quiet }) => quiet));
});
