/**
 * What only macOS has: its keychain, its code signatures, and the program that opens URLs.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { FakeAws } from "../../tests/support/fake_aws.ts";
import { type Check, type Ground, ProofSkipped } from "./ground.ts";

const security = "/usr/bin/security";

export function macosChecks(aws: FakeAws): readonly Check[] {
  return [
    { name: "macos: the keychain holds the key, and releases it", run: keychain },
    { name: "macos: the code signature is valid", run: signature },
    { name: "macos: the system opens URLs with open", run: opener },
  ];

  async function keychain(ground: Ground): Promise<void> {
    // The login keychain belongs to the real home.
    const HOME = Deno.env.get("HOME") ?? "";
    const unlocked = await ground.run(security, ["show-keychain-info"], { env: { HOME } });
    if (unlocked.code !== 0) throw new ProofSkipped(`no unlocked keychain: ${unlocked.stderr}`);
    const { accessKeyId, secretAccessKey } = aws.addUser({ name: "mac" });
    const folder = await ground.folder();
    const athm = async (words: readonly string[]) =>
      await ground.run(ground.athm, words, {
        env: {
          HOME,
          ATHM_HOME: `${folder.there}/athm`,
          AWS_ACCESS_KEY_ID: accessKeyId,
          AWS_SECRET_ACCESS_KEY: secretAccessKey,
        },
      });
    const added = await athm(["aws", "add", "mac", "--from-env", "--endpoint-url", aws.url]);
    assert.equal(added.code, 0, added.stderr);
    assert.match(added.stderr, /the store's key is in the macOS Keychain/);
    const ran = await athm(["aws", "exec", "mac", "--", "sh", "-c", "exit 7"]);
    assert.equal(ran.code, 7, ran.stderr);
    const { keyId } = JSON.parse(await Deno.readTextFile(`${folder.here}/athm/store.json`));
    const find = ["find-generic-password", "-s", "athm", "-a", keyId];
    assert.equal((await ground.run(security, find, { env: { HOME } })).code, 0);
    const moved = await athm(["store", "custody", "file"]);
    assert.equal(moved.code, 0, moved.stderr);
    // errSecItemNotFound
    assert.equal((await ground.run(security, find, { env: { HOME } })).code, 44);
  }
}

/** The program for Intel is not signed and does not have to be. */
async function signature(ground: Ground): Promise<void> {
  if (Deno.build.arch !== "aarch64") throw new ProofSkipped("the program for Intel is not signed");
  const { code, stderr } = await ground.run("/usr/bin/codesign", ["--verify", ground.athm]);
  assert.equal(code, 0, stderr);
}

async function opener(ground: Ground): Promise<void> {
  // Without an operand it prints its usage; opening a URL would leave a browser open.
  const { stdout, stderr } = await ground.run("open", []);
  assert.match(stdout + stderr, /Usage: open /);
}
