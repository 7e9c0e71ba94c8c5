import { Failure, usage } from "../../../model/failure.ts";
import type { Values } from "../../../line/values.ts";
import { type TrustedKey, trustedKeys } from "../../../migration/team/keys.ts";
import { teamFileLimit, tooLarge } from "../../../migration/team/parse.ts";
import { signatureLimit, verifySignature } from "../../../migration/team/signature.ts";
import type { System } from "../../../system/system.ts";
import { trustedPem } from "../../../system/trusted_pem.ts";
import { networkSettings } from "../../profile/settings.ts";
import { download, isAddress, parseFileUrl } from "./download.ts";

/** A file whose signature, if one is required, was verified. */
export interface SignedFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The key that signed it, and all that might have. */
  readonly signer?: TrustedKey;
  readonly keys: readonly TrustedKey[];
}

const howToSign = "sign the file: ssh-keygen -Y sign -n athm -f KEY FILE makes FILE.sig";

/** @throws {Failure} `usage`, `files`, `network`, `tls`, `untrusted` */
export async function signedFile(
  where: string,
  values: Values,
  system: System,
): Promise<SignedFile> {
  const url = isAddress(where) ? parseFileUrl(where) : undefined;
  const keyFile = values.text("signed-by");
  if (url && keyFile === undefined) {
    throw usage(
      "a URL requires --signed-by",
      "add --signed-by KEYFILE with the SSH public key of the file's signer",
    );
  }
  if (!url && values.has("ca-bundle")) throw usage("--ca-bundle is only allowed with a URL");
  const keys = keyFile === undefined
    ? []
    : await trustedKeys(keyFile, read(system, keyFile, "--signed-by: "));
  const fetched = url ? await downloads(system, url, values) : {
    bytes: read(system, where),
    sign: () => Promise.resolve(read(system, `${where}.sig`, "", howToSign)),
  };
  if (fetched.bytes.length > teamFileLimit) throw tooLarge(where);
  if (keyFile === undefined) return { bytes: fetched.bytes, keys };
  const signer = await verifySignature(
    fetched.bytes,
    await fetched.sign(),
    keys,
    `${where}.sig`,
  );
  return { bytes: fetched.bytes, signer, keys };
}

async function downloads(system: System, url: URL, values: Values) {
  const caPem = trustedPem(system, {
    network: networkSettings(
      values.without([
        "region",
        "endpoint-url",
        "fips",
        "dualstack",
      ]),
      system,
    ),
  });
  const signature = new URL(`${url.href}.sig`);
  const from = (address: URL, limit: number, missing: string) =>
    system.busy(
      `downloading ${address.href}`,
      () => download(system, address, { limit, caPem, missing }),
    );
  return {
    bytes: await from(url, teamFileLimit, "check the address"),
    sign: () => from(signature, signatureLimit, howToSign),
  };
}

function read(
  { files }: System,
  path: string,
  option = "",
  hint?: string,
): Uint8Array<ArrayBuffer> {
  const facts = files.facts(files.real(path) ?? path);
  // Before reading it: a device or a huge file would fill the memory.
  if (facts && facts.kind !== "file") throw usage(`${option}${path} is not a regular file`);
  if (facts && facts.size > teamFileLimit) throw tooLarge(path);
  const bytes = files.read(path);
  if (!bytes) {
    throw new Failure(option ? "usage" : "files", `${option}file ${path} not found`, hint);
  }
  return bytes;
}
