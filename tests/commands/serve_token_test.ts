// What `athm serve token` and `--print-env` reject, each before anything is changed.

import assert from "node:assert/strict";
import { openOrCreateStore } from "../../src/session/stores.ts";
import { memoryFiles } from "../support/memory_files.ts";
import { athm } from "../support/store_program.ts";
import { home, keysProfile } from "../support/store_samples.ts";
import { testSystem } from "../support/test_system.ts";

/** `work` has a role, `plain` only a key with an MFA device, `narrow` session policies of its own. */
async function made() {
  const files = memoryFiles();
  const store = await openOrCreateStore(testSystem({ files }));
  const settings = { replace: false };
  await store.saveProfile(keysProfile("work"), settings);
  const mfaSerial = "arn:aws:iam::012345678901:mfa/ann";
  await store.saveProfile(keysProfile("plain", { roleArns: [], role: { mfaSerial } }), settings);
  const policyArns = ["arn:aws:iam::aws:policy/PowerUserAccess"];
  await store.saveProfile(keysProfile("narrow", { role: { policyArns } }), settings);
  const source = { kind: "profile" as const, from: "plain" };
  await store.saveProfile(keysProfile("above", { source, roleArns: [], role: {} }), settings);
  const added = await athm("serve token add ide --profile work --profile plain", files);
  assert.equal(added.code, 0, added.err);
  return files;
}

const add = "serve token add new --profile";

Deno.test("serve: a profile's name where no client has it says whose token it is", async () => {
  const files = await made();
  const { code, out, err } = await athm("serve --print-env work", files);
  assert.equal(code, 0, err);
  assert.match(out, /9911\/work'\n/);
  assert.match(
    err,
    /no client is labeled work, so this is the token of default, which opens every/,
  );
  const client = await athm("serve --print-env ide work", files);
  assert.deepEqual([client.code, client.err], [0, ""]);
  assert.equal((await athm("serve token rm ide", files)).code, 0);
  const alone = await athm("serve --print-env work", files);
  assert.deepEqual([alone.code, alone.err], [0, ""]);
});

Deno.test("serve: removing a profile names the clients that would get a new one", async () => {
  const files = await made();
  const { code, err } = await athm("aws rm work narrow", files);
  assert.equal(code, 0, err);
  assert.match(err, /^athm: if you add work again, the client ide may fetch it$/m);
  assert.match(err, /^athm: hint: run athm serve token rm ide to end its token$/m);
  assert.doesNotMatch((await athm("aws rm above", files)).err, /client/);
});

for (
  const [line, code, says] of [
    ["serve token add new", 2, /requires at least one --profile\n.*--profile example/],
    [`${add} wrok`, 1, /profile "wrok" not found \(did you mean "work"/],
    [`${add} wo/rk`, 2, /"wo\/rk" is not a valid profile name/],
    ["serve token add ne/w --profile work", 2, /"ne\/w" is not a valid label/],
    ["serve token add Default --profile work", 2, /default is the client with the server's own/],
    [
      "serve token add IDE --profile work",
      1,
      /the client ide already exists: work, plain\n.*rm ide/,
    ],
    [`${add} work --policy nowhere.json`, 2, /file nowhere.json not found/],
    [`${add} work --policy=`, 2, /--policy: file "" not found/],
    [`${add} work --policy {`, 2, /--policy is not valid JSON/],
    [`${add} work --policy {"Statement":[]}`, 2, /--policy allows nothing/],
    [`${add} work --policy @mine`, 2, /no policy is named "mine"/],
    [`${add} work --policy-arn arn:aws:iam::aws:role/x`, 2, /--policy-arn/],
    [`${add} work --read-only --policy {}`, 2, /--read-only and --policy cannot be combined/],
    [`${add} plain --read-only`, 1, /AWS cannot narrow a session made with MFA/],
    [`${add} above --read-only`, 1, /AWS cannot narrow a session made with MFA/],
    [`${add} narrow --read-only`, 1, /narrow already has session policies/],
    [`${add} work --for soon`, 2, /--for: "soon" is not a valid duration/],
    [`${add} work --for 0`, 2, /--for requires more than 0 seconds/],
    [`${add} work --print --token-file a`, 2, /--print and --token-file cannot be combined/],
    ["serve token rm ied", 1, /no client is labeled "ied" \(did you mean "ide"\?\)/],
    ["serve token rm default", 1, /no client is labeled "default"/],
    ["serve --print-env ide", 2, /opens several profiles: work, plain\n.*--print-env ide work/],
    ["serve --print-env ide narrow", 2, /the client ide does not open narrow/],
    ["serve --print-env ied", 1, /neither a client nor a profile is called "ied".*"ide"/],
    ["serve --clients-only --token-file a", 2, /which --clients-only rejects/],
    [
      `${add} work --token-file ${home}/serve.token --force`,
      2,
      /serve.token is for the token of de/,
    ],
    [
      `serve --token-file ${home}/serve-ide.token --port 0`,
      1,
      /serve-ide.token has the token of the client ide, which must not open more/,
    ],
    ["serve plain --read-only", 1, /AWS cannot narrow a session made with MFA/],
    ["serve --policy {", 2, /--policy is not valid JSON/],
    ["serve --policy-arn x", 2, /--policy-arn/],
  ] as const
) {
  Deno.test(`serve: athm ${line} is an error`, async () => {
    const files = await made();
    const before = files.snapshot();
    const ran = await athm(line, files);
    assert.equal(ran.code, code, ran.err);
    assert.match(ran.err, says);
    assert.equal(ran.out, "");
    const after = files.snapshot();
    for (const path of [...before.keys(), ...after.keys()]) {
      if (!path.endsWith(".lock")) assert.deepEqual(after.get(path), before.get(path), path);
    }
  });
}
