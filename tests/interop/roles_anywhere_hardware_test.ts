// The real program with keys in hardware, at a terminal: what a person types, and how often.

import assert from "node:assert/strict";
import { type AthmHome, athmHome } from "../support/athm_home.ts";
import { createClientAuthority } from "../support/client_certificates.ts";
import { type FakeAws, startFakeAws } from "../support/fake_aws.ts";
import { anchorArn, anywhereProfileArn, trustRoot } from "../support/fake_aws/anywhere.ts";
import { noToken, noTpm, softToken, softTpm, tokenPin } from "../support/key_hardware.ts";
import { noTerminal, unless } from "../support/programs.ts";
import { findPty, type Move, runAtTerminal } from "../support/terminal_session.ts";

const pty = Deno.build.os === "windows" ? undefined : await findPty();
const roleArn = "arn:aws:iam::123456789012:role/build";

interface Desk extends AsyncDisposable {
  readonly aws: FakeAws;
  readonly home: AthmHome;
  /** Writes `NAME.pem` with a certificate for this public key. */
  certify(name: string, publicKey: Uint8Array<ArrayBuffer>): Promise<void>;
  /** The command that adds a profile for `NAME.pem`. */
  add(name: string, key: string): string;
  /** Runs a command at the terminal: each answer is typed once its prompt is seen. */
  type(
    command: string,
    answers: readonly (readonly [see: RegExp, type: string])[],
  ): Promise<{ readonly exit: number; readonly screen: string }>;
}

async function desk(env: Readonly<Record<string, string>>): Promise<Desk> {
  const aws = await startFakeAws();
  const authority = await createClientAuthority();
  aws.addRole({ arn: roleArn });
  trustRoot(aws.anywhere, authority.root, roleArn);
  const home = await athmHome({ ...env, ATHM_KEY: new Uint8Array(32).fill(7).toBase64() });
  await Deno.writeTextFile(`${home.folder}/chain.pem`, authority.chain);
  return {
    aws,
    home,
    async certify(name, publicKey) {
      const { cert } = await authority.issue({ name, publicKey });
      await Deno.writeTextFile(`${home.folder}/${name}.pem`, cert);
    },
    add: (name, key) =>
      `athm aws add ${name} --roles-anywhere --trust-anchor-arn ${anchorArn} ` +
      `--ra-profile-arn ${anywhereProfileArn} --role-arn ${roleArn} --ra-endpoint-url ${aws.url} ` +
      `--endpoint-url ${aws.url} --certificate ${name}.pem --chain chain.pem ${key}`,
    async type(command, answers) {
      const moves = answers.flatMap(([pattern, text]): Move[] => [
        { kind: "see", pattern, line: 0 },
        { kind: "type", text, line: 0 },
      ]);
      const place = { cwd: home.folder, env: home.env, limit: 60_000 };
      const { exit, screen, stuck } = await runAtTerminal(pty!, command, moves, place);
      assert.equal(stuck, undefined, screen);
      for (const [, text] of answers) {
        if (text) assert.ok(!screen.includes(text), `what was typed is on the screen:\n${screen}`);
      }
      return { exit, screen };
    },
    async [Symbol.asyncDispose]() {
      await aws[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}

const pinPrompt = /PIN of the token build: $/;

Deno.test({
  ...unless(
    noToken ?? noTerminal(pty),
    "PKCS #11 at a terminal: a wrong PIN, the right one, the PIN in a file, and no token",
  ),
  fn: async () => {
    await using token = await softToken();
    await using at = await desk(token.env);
    const { aws, home } = at;
    await at.certify("build", await token.make("EC:prime256v1", "0a"));
    const add = at.add("build", `--pkcs11 '${token.uri("0a")}'`);
    const wrong = await at.type(add, [[pinPrompt, "99990000"]]);
    assert.equal(wrong.exit, 1);
    assert.match(
      wrong.screen,
      /athm: error: the token build rejected the PIN\nathm: hint: try again with the right one: a few wrong PINs lock/,
    );
    assert.deepEqual(aws.calls, []);
    const right = await at.type(add, [
      [/^athm: warning: the last PIN was wrong\nPIN of the token build: $/, tokenPin],
    ]);
    assert.equal(right.exit, 0, right.screen);
    assert.match(right.screen, /\nbuild +roles-anywhere +123456789012 +build/);
    assert.equal(aws.calls.length, 1);

    const kept = await home.run("athm aws exec build -- sh -c 'echo $ATHM_PROFILE'");
    assert.equal(kept.out, "build\n");
    const again = await at.type("athm aws exec build --rotate -- true", [[pinPrompt, tokenPin]]);
    assert.equal(again.exit, 0, again.screen);
    assert.equal(aws.calls.length, 2);

    // In a file, the PIN is neither an argument nor in what athm says.
    await Deno.writeTextFile(`${home.folder}/pin`, `${tokenPin}\n`, { mode: 0o600 });
    const options = "--key-passphrase-file pin --force --debug";
    const filed = await home.run(`${add} ${options}`);
    assert.equal(filed.exit, 0, filed.err);
    const seen = [filed.err, filed.out, ...filed.argumentLists].join("\n");
    assert.match(filed.argumentLists.join("\n"), /pkcs11-tool/);
    assert.ok(!seen.includes(tokenPin), seen);

    await token.remove();
    const gone = await home.run("athm aws exec build --rotate");
    assert.equal(gone.exit, 125);
    assert.match(gone.err, /^athm: error: --pkcs11: token build not found\nathm: hint: connect it/);
  },
});

Deno.test({
  ...unless(
    noTpm ?? noTerminal(pty),
    "TPM at a terminal: one typing error does not lock it",
  ),
  fn: async () => {
    await using tpm = await softTpm();
    await using at = await desk(tpm.env);
    const { aws, home } = at;
    await at.certify("open", await tpm.make("ecc256", "0x81000001"));
    await at.certify("closed", await tpm.make("ecc256", "0x81000002", "a password"));
    const open = await at.type(at.add("open", "--tpm 0x81000001"), [
      [/Password of the TPM key 0x81000001 \(empty: none\): $/, ""],
    ]);
    assert.equal(open.exit, 0, open.screen);
    assert.equal((await home.run("athm aws exec open --rotate")).exit, 0);

    const add = at.add("closed", "--tpm 0x81000002");
    const prompt = /Password of the TPM key 0x81000002 \(empty: none\): $/;
    const wrong = await at.type(add, [[prompt, "not this one"]]);
    assert.equal(wrong.exit, 1);
    assert.match(wrong.screen, /error: the TPM rejected the password of the key 0x81000002\n/);
    const empty = await at.type(add, [[prompt, ""]]);
    assert.match(empty.screen, /error: the key 0x81000002 in the TPM requires a password\n/);
    // The third wrong one would lock the TPM.
    const right = await at.type(add, [[prompt, "a password"]]);
    assert.equal(right.exit, 0, right.screen);
    const again = await at.type("athm aws exec closed --rotate -- true", [
      [/Password of the TPM key 0x81000002: $/, "a password"],
    ]);
    assert.equal(again.exit, 0, again.screen);
    const silent = await home.run("athm aws exec closed --rotate");
    assert.match(silent.err, /^athm: error: cannot prompt for the password of the TPM key/);
    assert.equal(aws.calls.length, 4);
  },
});
