import { Failure } from "../../model/failure.ts";
import { platforms } from "../../system/platforms.ts";
import type { System } from "../../system/system.ts";
import type { RunHelper } from "./helper.ts";
import type { SignDigest } from "./signer.ts";

/** Longer than a signature of RSA with 16,384 bits in base64. */
const longest = 4096;

/** A person's command: the digest as 32 bytes in, the signature as bytes or in base64 out. */
export function signedByCommand(
  { platform }: Pick<System, "platform">,
  commandLine: string,
  run: RunHelper,
): SignDigest {
  return async (digest) => {
    const title = "--sign-command";
    const [command, ...args] = platforms[platform].shell(commandLine);
    const { code, captured } = await run({
      command,
      args,
      title,
      inputBytes: digest,
      captures: "bytes",
    });
    if (code !== 0) {
      throw new Failure(
        "source",
        `${title} failed with exit code ${code}`,
        "run it manually with 32 bytes on standard input",
      );
    }
    const bytes = captured?.bytes ?? new Uint8Array();
    if (bytes.length > 0 && bytes.length <= longest) return decoded(bytes);
    throw new Failure(
      "source",
      `${title} printed ${bytes.length === 0 ? "nothing" : "no signature"}`,
      "it must read a SHA-256 digest (32 bytes) and print the signature, as bytes or in base64",
    );
  };
}

function decoded(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const text = new TextDecoder().decode(bytes).replace(/\s+/g, "");
  if (!/^[A-Za-z0-9+/]{16,}={0,2}$/.test(text)) return bytes;
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return bytes;
  }
}
