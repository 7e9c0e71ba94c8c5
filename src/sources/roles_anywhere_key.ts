import { Failure } from "../model/failure.ts";
import type { RolesAnywhereSource } from "../model/profile.ts";
import type { Secret } from "../model/secret.ts";
import { type Certificate, readKeyFile } from "../signin/certificate/certificate.ts";
import type { RunHelper } from "../signin/certificate/helper.ts";
import { askPassphrase, passphraseIn } from "../signin/certificate/passphrase.ts";
import { signedByToken } from "../signin/certificate/pkcs11.ts";
import { parsePkcs11Uri } from "../signin/certificate/pkcs11_uri.ts";
import { type KeyObject, openPrivateKey } from "../signin/certificate/private_key.ts";
import { signedByCommand } from "../signin/certificate/sign_command.ts";
import { checkKeyFits, type Sign, signedBy, signedByKey } from "../signin/certificate/signer.ts";
import { signedByTpm } from "../signin/certificate/tpm.ts";
import type { System } from "../system/system.ts";

/** The private key of the file, which belongs to the certificate. @throws {Failure} `source` */
export async function keyOf(
  { passphraseFile, kept }: RolesAnywhereSource,
  path: string,
  certificate: Certificate,
  system: System,
): Promise<KeyObject> {
  const bytes = kept?.privateKey
    ? new TextEncoder().encode(kept.privateKey.reveal())
    : readKeyFile(system, path, "--private-key");
  const key = await openPrivateKey(bytes, path, async (attempt) => {
    if (passphraseFile !== undefined) {
      return attempt === 1 ? passphraseIn(system, passphraseFile) : undefined;
    }
    // A window cannot say why it opens again.
    if (attempt > 1 && !system.terminal.canAsk) return undefined;
    if (attempt > 1) await system.terminal.tell("athm: the passphrase is wrong");
    return await askPassphrase(system, `Passphrase of ${path}`);
  });
  checkKeyFits(key, certificate, path);
  return key;
}

/** Signs with the source's key, wherever it is. @throws {Failure} `source`, `needs-person` */
export async function signOf(
  source: RolesAnywhereSource,
  certificate: Certificate,
  system: System,
  run: RunHelper,
): Promise<Sign> {
  const { privateKey, pkcs11, tpm, tpmPassword, signCommand, passphraseFile } = source;
  if (privateKey !== undefined) {
    return signedByKey(await keyOf(source, privateKey, certificate, system));
  }
  if (pkcs11 !== undefined) {
    const uri = parsePkcs11Uri(pkcs11);
    const pinFile = passphraseFile ?? uri.pinFile;
    let typed: Secret | undefined;
    const pin = {
      fromFile: pinFile === undefined ? undefined : passphraseIn(system, pinFile),
      ask: async (token: string, note: string) => {
        if (typed === undefined && note) {
          await system.terminal.tell(`athm: warning: ${note}`);
        }
        return typed ??= await askPassphrase(system, `PIN of the token ${token}`);
      },
    };
    return signedBy(signedByToken(uri, certificate, run, pin), certificate, "--pkcs11");
  }
  if (tpm !== undefined) {
    const password = passphraseFile !== undefined
      ? passphraseIn(system, passphraseFile)
      : tpmPassword
      ? await askPassphrase(system, `Password of the TPM key ${tpm}`)
      : undefined;
    return signedBy(signedByTpm(system, tpm, certificate, run, password), certificate, "--tpm");
  }
  if (signCommand !== undefined) {
    return signedBy(signedByCommand(system, signCommand, run), certificate, "--sign-command");
  }
  throw new Failure("source", "the profile names no private key");
}
