import { rfc3339 } from "../model/credentials.ts";
import { Failure } from "../model/failure.ts";
import type { RolesAnywhereSource } from "../model/profile.ts";
import {
  type Certificate,
  certificateOf,
  certificatesIn,
  checkKeyType,
  isIssuedBy,
  readKeyFile,
} from "../signin/certificate/certificate.ts";
import { certificateProblems } from "../signin/certificate/check.ts";
import { isPkcs12 } from "../signin/certificate/der.ts";
import { passphraseOf } from "../signin/certificate/passphrase.ts";
import { hasPemKey, keyInPkcs12, type KeyObject } from "../signin/certificate/private_key.ts";
import { isKeyOf } from "../signin/certificate/signer.ts";
import type { System } from "../system/system.ts";
import { keyOf } from "./roles_anywhere_key.ts";
import type { SourceFinding } from "./source.ts";

type WithFiles = Pick<System, "files">;

/** Other files need none of its library. */
const pkcs12 = () => import("../signin/certificate/pkcs12.ts");

/** A certificate, then the others of its files; and its private key, if that is in a file. */
export interface ClientIdentity {
  readonly certificates: readonly [Certificate, ...Certificate[]];
  readonly key?: KeyObject;
}

/** Reads the files, and asks for a passphrase if they have one. @throws {Failure} */
export async function identityOf(
  source: RolesAnywhereSource,
  system: System,
): Promise<ClientIdentity> {
  const bytes = certificateBytes(source, system);
  if (isPkcs12(bytes) && !namesKey(source)) return await pkcs12Identity(source, bytes, system);
  const certificates = certificatesOf(source, bytes, system);
  if (hasHardwareKey(source)) return { certificates };
  return { certificates, key: await keyOf(source, bytes, certificates[0], system) };
}

/** Whether the file of a certificate has the private key too. @throws {Failure} `source` */
export function bringsKey(path: string, system: WithFiles): boolean {
  const bytes = readKeyFile(system, path, "--certificate");
  return isPkcs12(bytes) || hasPemKey(bytes);
}

/** Reads the certificates as far as that needs no passphrase. @throws {Failure} `source` */
export async function checkCertificates(
  source: Pick<RolesAnywhereSource, "certificate" | "chain" | KeyField>,
  system: WithFiles,
): Promise<void> {
  const bytes = certificateBytes(source, system);
  if (!isPkcs12(bytes) || namesKey(source)) return void certificatesOf(source, bytes, system);
  (await pkcs12()).checkPkcs12(bytes, source.certificate);
  chainOf(source, system);
}

/** @throws {Failure} `source` */
export async function inspectCertificates(
  source: RolesAnywhereSource,
  system: System,
): Promise<readonly SourceFinding[]> {
  const path = source.certificate;
  const bytes = certificateBytes(source, system);
  try {
    const { certificates } = isPkcs12(bytes) && !namesKey(source)
      ? await pkcs12Identity(source, bytes, system)
      : { certificates: certificatesOf(source, bytes, system) };
    const found = [
      ...certificateProblems(certificates, system.now()),
      ...keyProblems(source, bytes, system),
    ];
    const text = `${path} expires at ${rfc3339(certificates[0].ends)}`;
    return found.length ? found : [{ level: "ok", text }];
  } catch (error) {
    if (!(error instanceof Failure && error.code === "needs-person")) throw error;
    return [{ level: "ok", text: `${path} was not read: it requires a passphrase` }];
  }
}

function keyProblems(
  source: RolesAnywhereSource,
  beside: Uint8Array<ArrayBuffer>,
  { files }: WithFiles,
): readonly SourceFinding[] {
  const { privateKey, certificate, kept } = source;
  const inside = !namesKey(source) && (isPkcs12(beside) || hasPemKey(beside));
  const path = kept ? undefined : privateKey ?? (inside ? certificate : undefined);
  const mode = path === undefined ? 0 : files.facts(files.real(path) ?? path)?.mode ?? 0;
  return mode & 0o004
    ? [{ level: "warning", text: `the mode of ${path} lets every user read the private key` }]
    : [];
}

type KeyField = "privateKey" | "pkcs11" | "tpm" | "signCommand";

function hasHardwareKey(
  { pkcs11, tpm, signCommand }: Pick<RolesAnywhereSource, KeyField>,
): boolean {
  return (pkcs11 ?? tpm ?? signCommand) !== undefined;
}

function namesKey(source: Pick<RolesAnywhereSource, KeyField>): boolean {
  return source.privateKey !== undefined || hasHardwareKey(source);
}

function certificateBytes(
  { certificate, kept }: Pick<RolesAnywhereSource, "certificate" | "kept">,
  system: WithFiles,
): Uint8Array<ArrayBuffer> {
  return kept
    ? new TextEncoder().encode(kept.certificates)
    : readKeyFile(system, certificate, "--certificate");
}

function certificatesOf(
  source: Pick<RolesAnywhereSource, "certificate" | "chain" | "kept">,
  bytes: Uint8Array<ArrayBuffer>,
  system: WithFiles,
): readonly [Certificate, ...Certificate[]] {
  const path = source.kept ? "the kept copy" : source.certificate;
  const [own, ...others] = distinct([
    ...certificatesIn(bytes, path, "--certificate"),
    ...chainOf(source, system),
  ]);
  checkKeyType(own, path);
  return [own, ...withinLimit(own, others)];
}

/** https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication.html */
const mostIssuers = 5;

/** Of too many CAs, as in a bundle, those above the certificate; AWS has the root. */
function withinLimit(own: Certificate, others: readonly Certificate[]): readonly Certificate[] {
  if (others.length <= mostIssuers) return others;
  const needed = issuersOf(own, others).filter(({ issuer, subject }) => issuer !== subject);
  if (needed.length <= mostIssuers) return needed;
  throw new Failure(
    "source",
    `the chain has ${needed.length} certificates of CAs, and IAM Roles Anywhere accepts ${mostIssuers}`,
    "use an anchor that is closer to the certificate",
  );
}

function chainOf(
  { chain, kept }: Pick<RolesAnywhereSource, "chain" | "kept">,
  system: WithFiles,
): readonly Certificate[] {
  if (kept || chain === undefined) return [];
  return certificatesIn(readKeyFile(system, chain, "--chain"), chain, "--chain");
}

function distinct(all: readonly Certificate[]): readonly [Certificate, ...Certificate[]] {
  const byBytes = new Map(all.map((each) => [each.der.toBase64(), each]));
  const [first, ...others] = byBytes.values();
  if (!first) throw new Failure("source", "--certificate: the file contains no certificate");
  return [first, ...others];
}

/** A key store may have many entries; the private key says which certificate is meant. */
async function pkcs12Identity(
  source: RolesAnywhereSource,
  bytes: Uint8Array<ArrayBuffer>,
  system: System,
): Promise<ClientIdentity> {
  const { certificate: path, passphraseFile } = source;
  const asking = passphraseOf(path, passphraseFile, system);
  const contents = await (await pkcs12()).openPkcs12(bytes, path, asking);
  const all = [
    ...contents.certificates.map((der) => certificateOf(der, path, "--certificate")),
    ...chainOf(source, system),
  ];
  const pairs = contents.keys.flatMap((der) => {
    const key = keyInPkcs12(der, path);
    const own = all.filter((each) => each.keyType !== "other" && isKeyOf(key, each));
    // A renewed certificate may have the key of the old one.
    const last = own.reduce<Certificate | undefined>(
      (best, each) => best && best.ends >= each.ends ? best : each,
      undefined,
    );
    return last ? [{ key, own: last }] : [];
  });
  const [pair, ...others] = pairs;
  if (pair && others.length === 0) {
    const issuers = withinLimit(pair.own, issuersOf(pair.own, all));
    return { certificates: [pair.own, ...issuers], key: pair.key };
  }
  const what = pair
    ? `${pairs.length} certificates with private keys`
    : contents.keys.length
    ? "no certificate for its private key"
    : "no private key";
  throw new Failure(
    "source",
    `--certificate: ${path} contains ${what}`,
    "use a file with one certificate, its private key and its chain",
  );
}

/** From the issuer upwards; files have certificates in any order, and other ones too. */
function issuersOf(own: Certificate, all: readonly Certificate[]): readonly Certificate[] {
  const found: Certificate[] = [];
  for (let last: Certificate | undefined = own; last;) {
    const below: Certificate = last;
    last = all.find((each) =>
      each !== own && !found.includes(each) && each.x509.ca && isIssuedBy(below, each)
    );
    if (last) found.push(last);
  }
  return found;
}
