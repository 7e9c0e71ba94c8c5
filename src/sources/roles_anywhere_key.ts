import { Failure } from "../model/failure.ts";
import type { RolesAnywhereSource } from "../model/profile.ts";
import type { Secret } from "../model/secret.ts";
import { type Certificate, readKeyFile } from "../signin/certificate/certificate.ts";
import type { RunHelper } from "../signin/certificate/helper.ts";
import { askPassphrase, passphraseIn, passphraseOf } from "../signin/certificate/passphrase.ts";
import { signedByToken } from "../signin/certificate/pkcs11.ts";
import { parsePkcs11Uri } from "../signin/certificate/pkcs11_uri.ts";
import { hasPemKey, type KeyObject, openPrivateKey } from "../signin/certificate/private_key.ts";
import { signedByCommand } from "../signin/certificate/sign_command.ts";
import { checkKeyFits, type Sign, signedBy } from "../signin/certificate/signer.ts";
import { signedByTpm } from "../signin/certificate/tpm.ts";
import type { System } from "../system/system.ts";

/**
 * The private key of the file, which belongs to the certificate.
 *
 * @param beside the content of the certificate's file, which may have the key too
 * @throws {Failure} `source`
 */
export async function keyOf(
  { certificate: file, privateKey, passphraseFile, kept }: RolesAnywhereSource,
  beside: Uint8Array<ArrayBuffer>,
  certificate: Certificate,
  system: System,
): Promise<KeyObject> {
  const path = privateKey ?? file;
  if (!kept && privateKey === undefined && !hasPemKey(beside)) {
    throw new Failure(
      "source",
      `--certificate: ${file} contains no private key`,
      "use a file that contains the key too, or add the profile again with --private-key",
    );
  }
  const bytes = kept?.privateKey
    ? new TextEncoder().encode(kept.privateKey.reveal())
    : privateKey === undefined
    ? beside
    : readKeyFile(system, privateKey, "--private-key");
  const key = await openPrivateKey(bytes, path, passphraseOf(path, passphraseFile, system));
  checkKeyFits(key, certificate, path);
  return key;
}

/** Whether the TPM's key has a password, and the password if the person just typed it. */
export interface TpmPassword {
  readonly exists: boolean;
  readonly typed?: Secret;
}

/**
 * Finds it out once. A TPM counts each use of a key without its password as a wrong one, and may lock
 * all its keys after three, so athm tries only if it cannot ask.
 *
 * @throws {Failure} `source`, `cancelled`
 */
export async function findTpmPassword(
  source: RolesAnywhereSource,
  certificate: Certificate,
  system: System,
  run: RunHelper,
): Promise<TpmPassword> {
  if (system.terminal.canAsk) {
    const typed = await askPassphrase(
      system,
      `Password of the TPM key ${source.tpm} (empty: none)`,
    );
    return typed.reveal() === "" ? { exists: false } : { exists: true, typed };
  }
  const sign = await signOf({ ...source, tpmPassword: false }, certificate, system, run);
  return await sign(new Uint8Array(1)).then(() => ({ exists: false }), (error) => {
    if (error instanceof Failure && error.code === "needs-person") return { exists: true };
    throw error;
  });
}

/**
 * Signs with a key that is not in a file.
 *
 * @param typed the password of the TPM's key
 * @throws {Failure} `source`, `needs-person`
 */
export async function signOf(
  source: RolesAnywhereSource,
  certificate: Certificate,
  system: System,
  run: RunHelper,
  typed?: Secret,
): Promise<Sign> {
  const { pkcs11, tpm, tpmPassword, signCommand, passphraseFile } = source;
  if (pkcs11 !== undefined) {
    const uri = parsePkcs11Uri(pkcs11);
    const pinFile = passphraseFile ?? uri.pinFile;
    let asked: Secret | undefined;
    const pin = {
      fromFile: pinFile === undefined ? undefined : passphraseIn(system, pinFile),
      ask: async (question: string, warning: string) =>
        asked ??= await askPassphrase(system, question, warning),
    };
    return signedBy(signedByToken(uri, certificate, run, pin), certificate, "--pkcs11");
  }
  if (tpm !== undefined) {
    const password = passphraseFile !== undefined
      ? passphraseIn(system, passphraseFile)
      : tpmPassword
      ? typed ?? await askPassphrase(system, `Password of the TPM key ${tpm}`)
      : undefined;
    return signedBy(signedByTpm(system, tpm, certificate, run, password), certificate, "--tpm");
  }
  if (signCommand !== undefined) {
    return signedBy(signedByCommand(system, signCommand, run), certificate, "--sign-command");
  }
  throw new Failure("source", "the profile names no private key");
}
