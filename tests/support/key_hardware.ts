/**
 * Hardware that holds keys, emulated: a PKCS #11 token by SoftHSM, and a TPM 2 by swtpm.
 *
 * @module
 */
import assert from "node:assert/strict";
import { missing } from "./programs.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Reasons for skipping tests. */
export const noToken: string | undefined = missing("pkcs11-tool", "softhsm2-util");
export const noTpm: string | undefined = missing("swtpm", "tpm2_sign");

const softHsm = "/usr/lib/softhsm/libsofthsm2.so";

async function ran(env: Record<string, string>, command: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(command, { args, env }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return stdout;
}

/** The PIN of the token; part of nothing else that a test shows. */
export const tokenPin = "pin-4711";

/** A token called `build`. */
export interface SoftToken extends AsyncDisposable {
  readonly env: Record<string, string>;
  /** Of the key with this ID. */
  readonly uri: (id: string) => string;
  /** Makes a key pair of a kind such as `EC:prime256v1`; returns the public key in DER. */
  make(kind: string, id: string): Promise<Bytes>;
  delete(id: string): Promise<void>;
  /** Removes the token from its reader. */
  remove(): Promise<void>;
}

export async function softToken(): Promise<SoftToken> {
  const folder = await Deno.makeTempDir({ prefix: "athm-token-" });
  const env = { SOFTHSM2_CONF: `${folder}/conf` };
  await Deno.mkdir(`${folder}/tokens`);
  await Deno.writeTextFile(`${folder}/conf`, `directories.tokendir = ${folder}/tokens\n`);
  const init = ["--init-token", "--free", "--label", "build", "--pin", tokenPin, "--so-pin"];
  await ran(env, "softhsm2-util", ...init, "5678");
  const tool = ["--module", softHsm, "--token-label", "build"];
  const login = [...tool, "--login", "--pin", tokenPin];
  return {
    env,
    uri: (id) => `pkcs11:token=build;id=%${id}?module-path=${softHsm}`,
    async make(kind, id) {
      const made = ["--keypairgen", "--key-type", kind, "--id", id, "--label", "k"];
      await ran(env, "pkcs11-tool", ...login, ...made);
      const read = ["--read-object", "--type", "pubkey", "--id", id];
      return await ran(env, "pkcs11-tool", ...tool, ...read);
    },
    async delete(id) {
      for (const type of ["privkey", "pubkey"]) {
        await ran(env, "pkcs11-tool", ...login, "--delete-object", "--type", type, "--id", id);
      }
    },
    async remove() {
      await Deno.remove(`${folder}/tokens`, { recursive: true });
      await Deno.mkdir(`${folder}/tokens`);
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

export interface SoftTpm extends AsyncDisposable {
  readonly env: Record<string, string>;
  /** Makes a persistent key of a kind such as `ecc256`; returns the public key in DER. */
  make(kind: string, handle: string, password?: string): Promise<Bytes>;
}

export async function softTpm(): Promise<SoftTpm> {
  const folder = await Deno.makeTempDir({ prefix: "athm-tpm-" });
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const tpm = new Deno.Command("swtpm", {
    args: [
      ...["socket", "--tpm2", "--tpmstate", `dir=${folder}`],
      ...["--server", `type=tcp,port=${port},bindaddr=127.0.0.1`],
      ...["--ctrl", `type=tcp,port=${port + 1},bindaddr=127.0.0.1`],
      ...["--flags", "not-need-init,startup-clear"],
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const env = { TPM2TOOLS_TCTI: `swtpm:host=127.0.0.1,port=${port}` };
  const at = (name: string) => `${folder}/${name}`;
  const dispose = async () => {
    tpm.kill("SIGTERM");
    await tpm.status;
    await Deno.remove(folder, { recursive: true });
  };
  for (let tries = 0;; tries++) {
    const { success } = await new Deno.Command("tpm2_createprimary", {
      args: ["-Q", "-c", at("primary")],
      env,
      stdout: "null",
      stderr: "null",
    }).output();
    if (success) break;
    if (tries === 100) {
      await dispose();
      assert.fail("the TPM does not start");
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  return {
    env,
    async make(kind, handle, password) {
      const parts = ["-u", at("pub"), "-r", at("priv"), "-C", at("primary")];
      const auth = password === undefined ? [] : ["-p", password];
      await ran(env, "tpm2_create", "-Q", "-G", kind, ...parts, ...auth);
      await ran(env, "tpm2_flushcontext", "-t");
      await ran(env, "tpm2_load", "-Q", ...parts, "-c", at("key"));
      await ran(env, "tpm2_evictcontrol", "-Q", "-C", "o", "-c", at("key"), handle);
      await ran(env, "tpm2_flushcontext", "-t");
      await ran(env, "tpm2_readpublic", "-Q", "-c", handle, "-f", "der", "-o", at("public"));
      return await Deno.readFile(at("public"));
    },
    [Symbol.asyncDispose]: dispose,
  };
}
