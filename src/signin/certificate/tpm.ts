import { Failure, usage } from "../../model/failure.ts";
import type { Secret } from "../../model/secret.ts";
import type { System } from "../../system/system.ts";
import type { Certificate } from "./certificate.ts";
import { errorLine, type RunHelper } from "./helper.ts";
import type { SignDigest } from "./signer.ts";

const program = "tpm2_sign";

/** A persistent handle such as 0x81000001, or the path of a key context. @throws {Failure} `usage` */
export function checkTpmHandle(
  text: string,
  { files }: Pick<System, "files">,
  option = "--tpm",
): string {
  if (/^0x81[0-9a-f]{6}$/i.test(text)) return text.toLowerCase();
  const path = files.absolute(text);
  if (!/^0x/i.test(text) && files.facts(path)?.kind === "file") return path;
  throw usage(
    `${option}: ${JSON.stringify(text.slice(0, 120))} is neither a persistent handle nor a file`,
    "tpm2_getcap handles-persistent lists handles, such as 0x81000001",
  );
}

/**
 * Signs with a key in a TPM 2, by tpm2-tools. A TPM locks keys after wrong passwords, so each sign-in
 * sends one.
 *
 * @param password absent if the key has none
 */
export function signedByTpm(
  { files }: Pick<System, "files">,
  handle: string,
  { keyType }: Certificate,
  run: RunHelper,
  password: Secret | undefined,
): SignDigest {
  return async (digest) => {
    const folder = files.makeTemporaryFolder();
    const [input, output] = [files.join(folder, "digest"), files.join(folder, "signature")];
    try {
      files.create(input, digest, 0o600);
      const scheme = keyType === "rsa" ? "rsassa" : "ecdsa";
      const args = [
        ...["-Q", "-c", handle, "-g", "sha256", "-s", scheme, "-f", "plain", "-d", "-o", output],
        ...password ? ["-p", "file:-"] : [],
        input,
      ];
      const { code, captured } = await run({
        command: program,
        args,
        captures: "all",
        ...password && { input: password.reveal() },
      }).catch(missing);
      const signature = code === 0 ? files.read(output) : undefined;
      if (signature) return signature;
      throw failed(captured?.stderr ?? "", handle, password !== undefined);
    } finally {
      await files.removeAll([input, output]);
      files.remove(folder);
    }
  };
}

/** Response codes of TPM 2.0, part 2: AUTH_FAIL, BAD_AUTH, LOCKOUT, HANDLE. */
function failed(stderr: string, handle: string, hasPassword: boolean): Failure {
  if (/lockout|0x921\b/i.test(stderr)) {
    return new Failure(
      "source",
      "the TPM is locked after wrong passwords",
      "wait until it unlocks, or reset it: tpm2_dictionarylockout --clear-lockout",
    );
  }
  if (/authorization|\b0x[0-9a-f]*(?:98e|9a2)\b/i.test(stderr)) {
    return new Failure(
      hasPassword ? "source" : "needs-person",
      hasPassword
        ? `the TPM rejected the password of the key ${handle}`
        : `the key ${handle} in the TPM requires a password`,
      hasPassword
        ? "try again with the right one: a few wrong passwords lock the TPM"
        : "enter it at the prompt, or use --key-passphrase-file FILE",
    );
  }
  if (/handle|0x18b\b|Cannot (?:find|open)/i.test(stderr)) {
    return new Failure(
      "source",
      `--tpm: the TPM has no key ${handle}`,
      "tpm2_getcap handles-persistent lists handles",
    );
  }
  return new Failure("source", `${program} failed: ${errorLine(stderr) || "without a reason"}`);
}

function missing(error: unknown): never {
  if (!(error instanceof Failure && error.code.startsWith("command-not-"))) throw error;
  throw new Failure(
    "source",
    `--tpm requires ${program}, which is not installed`,
    "install tpm2-tools: apt install tpm2-tools or dnf install tpm2-tools",
    { cause: error },
  );
}
