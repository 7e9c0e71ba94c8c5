import { parseEndpointUrl } from "../model/endpoint.ts";
import { aboutProfile, usage } from "../model/failure.ts";
import { defined } from "../model/fields.ts";
import type { KeptCertificate, RolesAnywhereSource } from "../model/profile.ts";
import { anywhereEndpoint, anywhereRegion } from "../model/roles_anywhere.ts";
import { parseRoleArn } from "../model/arn.ts";
import { Secret } from "../model/secret.ts";
import type { Values } from "../line/values.ts";
import type { System } from "../system/system.ts";
import { certificatesIn, readKeyFile } from "../signin/certificate/certificate.ts";
import { checkPrivateKey } from "../signin/certificate/private_key.ts";
import { parsePkcs11Uri } from "../signin/certificate/pkcs11_uri.ts";
import { checkTpmHandle } from "../signin/certificate/tpm.ts";
import { bringsKey, checkCertificates, identityOf } from "./roles_anywhere_identity.ts";

export { bringsKey, inspectCertificates } from "./roles_anywhere_identity.ts";

const keyOptions = ["private-key", "pkcs11", "tpm", "sign-command"] as const;

export const checkAnchor = (text: string, option = "--trust-anchor-arn") =>
  anywhereRegion(text, "trust-anchor", option);
export const checkAnywhereProfile = (text: string, option = "--ra-profile-arn") =>
  anywhereRegion(text, "profile", option);

export async function checkCertificate(
  path: string,
  system: Pick<System, "files">,
): Promise<void> {
  await checkCertificates({ certificate: path }, system);
}

export function checkChain(path: string, system: Pick<System, "files">): void {
  certificatesIn(readKeyFile(system, path, "--chain"), path, "--chain");
}

export function checkKey(path: string, system: Pick<System, "files">): void {
  checkPrivateKey(readKeyFile(system, path, "--private-key"), path);
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
  const certificate = system.files.absolute(needed("certificate"));
  const source: RolesAnywhereSource = defined({
    kind: "roles-anywhere" as const,
    trustAnchorArn,
    profileArn,
    certificate,
    chain: path("chain"),
    ...keySettings(values, certificate, system),
    passphraseFile: path("key-passphrase-file"),
    endpointUrl: endpoint === undefined
      ? undefined
      : parseEndpointUrl(endpoint, "--ra-endpoint-url").href.replace(/\/+$/, ""),
  });
  const place = defined({ region, endpointUrl: source.endpointUrl });
  anywhereEndpoint(place, { fips: values.has("fips"), dualstack: values.has("dualstack") });
  if (values.has("keep")) return { ...source, kept: await keptCopy(source, system) };
  await checkCertificates(source, system);
  return source;
}

function keySettings(values: Values, certificate: string, system: System) {
  const given = keyOptions.filter((name) => values.has(name));
  if (given.length === 0 && bringsKey(certificate, system)) return {};
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
  if (key !== undefined) checkKey(key, system);
  return {
    privateKey: key === undefined ? undefined : system.files.absolute(key),
    pkcs11,
    tpm: tpm === undefined ? undefined : checkTpmHandle(tpm, system),
    signCommand: values.text("sign-command"),
  };
}

async function keptCopy(source: RolesAnywhereSource, system: System): Promise<KeptCertificate> {
  const { certificates, key } = await identityOf(source, system).catch((error) => {
    throw aboutProfile(error, { isSaved: false });
  });
  return {
    certificates: certificates.map(({ x509 }) => x509.toString()).join(""),
    ...key &&
      { privateKey: new Secret(key.export({ type: "pkcs8", format: "pem" }).toString()) },
  };
}
