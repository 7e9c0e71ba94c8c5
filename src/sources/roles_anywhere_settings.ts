import { rfc3339 } from "../model/credentials.ts";
import { parseEndpointUrl } from "../model/endpoint.ts";
import { Failure, usage } from "../model/failure.ts";
import { defined } from "../model/fields.ts";
import type { KeptCertificate, RolesAnywhereSource } from "../model/profile.ts";
import { anywhereEndpoint, anywhereRegion } from "../model/roles_anywhere.ts";
import { parseRoleArn } from "../model/arn.ts";
import { Secret } from "../model/secret.ts";
import type { Values } from "../line/values.ts";
import type { System } from "../system/system.ts";
import {
  type Certificate,
  certificatesIn,
  readKeyFile,
} from "../signin/certificate/certificate.ts";
import { certificateProblems } from "../signin/certificate/check.ts";
import { parsePkcs11Uri } from "../signin/certificate/pkcs11_uri.ts";
import { checkTpmHandle } from "../signin/certificate/tpm.ts";
import { keyOf } from "./roles_anywhere_key.ts";
import type { SourceFinding } from "./source.ts";

const keyOptions = ["private-key", "pkcs11", "tpm", "sign-command"] as const;

export const checkAnchor = (text: string, option = "--trust-anchor-arn") =>
  anywhereRegion(text, "trust-anchor", option);
export const checkAnywhereProfile = (text: string, option = "--ra-profile-arn") =>
  anywhereRegion(text, "profile", option);

export function checkCertificate(path: string, system: Pick<System, "files">): void {
  certificatesOf({ certificate: path }, system);
}

export function checkChain(path: string, system: Pick<System, "files">): void {
  certificatesIn(readKeyFile(system, path, "--chain"), path, "--chain");
}

export function checkExists(path: string, { files }: Pick<System, "files">): void {
  if (!files.facts(path)) throw usage(`file ${path} not found`);
}

/**
 * The certificate, then the others of both files, without repetition.
 *
 * @throws {Failure} `source`
 */
export function certificatesOf(
  { certificate, chain, kept }: Pick<RolesAnywhereSource, "certificate" | "chain" | "kept">,
  system: Pick<System, "files">,
): readonly [Certificate, ...Certificate[]] {
  if (kept) {
    const bytes = new TextEncoder().encode(kept.certificates);
    return distinct(certificatesIn(bytes, "the kept copy", "--certificate"));
  }
  const read = (path: string, option: string) =>
    certificatesIn(readKeyFile(system, path, option), path, option);
  return distinct([
    ...read(certificate, "--certificate"),
    ...chain === undefined ? [] : read(chain, "--chain"),
  ]);
}

/** @throws {Failure} `source` */
export function inspectCertificates(
  source: RolesAnywhereSource,
  system: Pick<System, "files" | "now">,
): readonly SourceFinding[] {
  const certificates = certificatesOf(source, system);
  const { ends } = certificates[0];
  const found = certificateProblems(certificates, system.now());
  return found.length
    ? found
    : [{ level: "ok", text: `${source.certificate} expires at ${rfc3339(ends)}` }];
}

function distinct(all: readonly Certificate[]): readonly [Certificate, ...Certificate[]] {
  const byBytes = new Map(all.map((each) => [each.der.toBase64(), each]));
  const [first, ...others] = byBytes.values();
  if (!first) throw new Failure("source", "--certificate: the file contains no certificate");
  return [first, ...others];
}

/** The region of the anchor and the profile, to which the role fits. @throws {Failure} `usage` */
export function checkArns(
  { trustAnchorArn, profileArn, roleArn }: {
    readonly trustAnchorArn: string;
    readonly profileArn: string;
    readonly roleArn: string | undefined;
  },
  profileOption = "--ra-profile-arn",
): string {
  const region = checkAnchor(trustAnchorArn);
  if (checkAnywhereProfile(profileArn, profileOption) !== region) {
    throw usage(`--trust-anchor-arn and ${profileOption} are in different regions`);
  }
  const partition = trustAnchorArn.split(":")[1];
  if (roleArn !== undefined && parseRoleArn(roleArn).partition !== partition) {
    throw usage("--role-arn and --trust-anchor-arn are in different partitions");
  }
  return region;
}

/** @throws {Failure} `usage`, `source` for a bad file, `needs-person` */
export async function settleAnywhere(
  values: Values,
  system: System,
): Promise<RolesAnywhereSource> {
  const needed = (name: string) => {
    const text = values.text(name);
    if (text !== undefined) return text;
    throw usage(`--roles-anywhere requires --${name}`);
  };
  const trustAnchorArn = needed("trust-anchor-arn");
  const profileArn = needed("ra-profile-arn");
  const [roleArn] = values.all("role-arn");
  const region = checkArns({ trustAnchorArn, profileArn, roleArn });
  const path = (name: string) => {
    const text = values.text(name);
    return text === undefined ? undefined : system.files.absolute(text);
  };
  const endpoint = values.text("ra-endpoint-url");
  const source: RolesAnywhereSource = defined({
    kind: "roles-anywhere" as const,
    trustAnchorArn,
    profileArn,
    certificate: system.files.absolute(needed("certificate")),
    chain: path("chain"),
    ...keySettings(values, system),
    passphraseFile: path("key-passphrase-file"),
    endpointUrl: endpoint === undefined
      ? undefined
      : parseEndpointUrl(endpoint, "--ra-endpoint-url").href.replace(/\/+$/, ""),
  });
  const place = defined({ region, endpointUrl: source.endpointUrl });
  anywhereEndpoint(place, { fips: values.has("fips"), dualstack: values.has("dualstack") });
  const certificates = certificatesOf(source, system);
  return values.has("keep")
    ? { ...source, kept: await keptCopy(source, certificates, system) }
    : source;
}

function keySettings(values: Values, system: System) {
  const given = keyOptions.filter((name) => values.has(name));
  if (given.length !== 1) {
    const names = keyOptions.map((name) => `--${name}`).join(", ");
    throw usage(
      given.length
        ? `${given.map((name) => `--${name}`).join(" and ")} cannot be combined`
        : `--roles-anywhere requires one of ${names}`,
      given.length ? "a profile has one private key" : "name the private key of the certificate",
    );
  }
  const [pkcs11, tpm, key] = [
    values.text("pkcs11"),
    values.text("tpm"),
    values.text("private-key"),
  ];
  if (pkcs11 !== undefined) parsePkcs11Uri(pkcs11);
  if (key !== undefined) readKeyFile(system, key, "--private-key");
  return {
    privateKey: key === undefined ? undefined : system.files.absolute(key),
    pkcs11,
    tpm: tpm === undefined ? undefined : checkTpmHandle(tpm, system),
    signCommand: values.text("sign-command"),
  };
}

async function keptCopy(
  source: RolesAnywhereSource,
  certificates: readonly [Certificate, ...Certificate[]],
  system: System,
): Promise<KeptCertificate> {
  const key = source.privateKey === undefined
    ? undefined
    : await keyOf(source, source.privateKey, certificates[0], system);
  return {
    certificates: certificates.map(({ x509 }) => x509.toString()).join(""),
    ...key &&
      { privateKey: new Secret(key.export({ type: "pkcs8", format: "pem" }).toString()) },
  };
}
