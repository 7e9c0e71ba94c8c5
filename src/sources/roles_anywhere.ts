import { rfc3339 } from "../model/credentials.ts";
import { exactly, flag, number, object, secret, text } from "../model/decode.ts";
import { usage } from "../model/failure.ts";
import { Secret } from "../model/secret.ts";
import type { KeptCertificate, RolesAnywhereSource } from "../model/profile.ts";
import type { Values } from "../line/values.ts";
import type { SourceKind } from "./source.ts";
import type { AnywhereProof } from "./roles_anywhere_sign_in.ts";

const settings = () => import("./roles_anywhere_settings.ts");
const rest = () => import("./roles_anywhere_sign_in.ts");

export const rolesAnywhere: SourceKind<RolesAnywhereSource, AnywhereProof> = {
  kind: "roles-anywhere",
  help: "a certificate of your company's CA (IAM Roles Anywhere)",
  options: [
    { name: "roles-anywhere", help: "assume the first --role-arn with a certificate" },
    { name: "trust-anchor-arn", value: "ARN", help: "trust anchor of IAM Roles Anywhere" },
    { name: "ra-profile-arn", value: "ARN", help: "profile of IAM Roles Anywhere" },
    {
      name: "certificate",
      value: "FILE",
      help: "certificate in PEM or DER, or PKCS #12 with its key",
    },
    { name: "chain", value: "FILE", help: "certificates of the CAs between it and the anchor" },
    {
      name: "private-key",
      value: "FILE",
      help: "private key in PEM or DER, if in a file of its own",
    },
    { name: "pkcs11", value: "URI", help: "private key in a token, by pkcs11-tool (OpenSC)" },
    { name: "tpm", value: "HANDLE", help: "private key in a TPM 2, by tpm2_sign" },
    {
      name: "sign-command",
      value: "CMD",
      help: "command that reads a SHA-256 digest and prints its signature",
    },
    {
      name: "key-passphrase-file",
      value: "FILE",
      help: "file with the key's passphrase or PIN, instead of a prompt",
    },
    { name: "keep", help: "keep the certificate and its key file, encrypted, in the store" },
    { name: "ra-endpoint-url", value: "URL", help: "endpoint, such as a VPC endpoint" },
  ],
  chosenBy: ["roles-anywhere"],
  firstRole: "profile",
  unnarrowable: "IAM Roles Anywhere accepts no session policies",

  questions: [
    {
      option: "trust-anchor-arn",
      text: "ARN of the trust anchor",
      check: async (answer) => (await settings()).checkAnchor(answer, "the ARN"),
    },
    {
      option: "ra-profile-arn",
      text: "ARN of the Roles Anywhere profile",
      check: async (answer) => (await settings()).checkAnywhereProfile(answer, "the ARN"),
    },
    {
      option: "certificate",
      text: "File of the certificate",
      isFile: true,
      check: async (answer, { system }) => (await settings()).checkCertificate(answer, system),
    },
    {
      option: "private-key",
      text: "File of its private key",
      isFile: true,
      when: async (values, { system }) =>
        !["pkcs11", "tpm", "sign-command"].some((name) => values.has(name)) &&
        !(await settings()).bringsKey(values.text("certificate") ?? "", system),
      check: async (answer, { system }) => (await settings()).checkKey(answer, system),
    },
    {
      option: "chain",
      text: "File of the CAs' certificates between it and the trust anchor",
      isFile: true,
      optional: true,
      check: async (answer, { system }) => (await settings()).checkChain(answer, system),
    },
  ],

  settle: async (values, system) => (await settings()).settleAnywhere(values, system),
  check: refuseWithoutRole,

  decode: object<RolesAnywhereSource>(
    { kind: exactly("roles-anywhere"), trustAnchorArn: text, profileArn: text, certificate: text },
    {
      chain: text,
      privateKey: text,
      pkcs11: text,
      tpm: text,
      signCommand: text,
      tpmPassword: flag,
      passphraseFile: text,
      kept: object<KeptCertificate>({ certificates: text }, { privateKey: secret }),
      certificateEnds: number,
      endpointUrl: text,
    },
  ),
  sample: () => ({
    kind: "roles-anywhere",
    trustAnchorArn:
      "arn:aws:rolesanywhere:eu-west-1:012345678901:trust-anchor/00112233-4455-6677-8899-aabbccddeeff",
    profileArn:
      "arn:aws:rolesanywhere:eu-west-1:012345678901:profile/00112233-4455-6677-8899-aabbccddeeff",
    certificate: "/etc/pki/build.pem",
    chain: "/etc/pki/chain.pem",
    privateKey: "/etc/pki/build.key",
    pkcs11: "pkcs11:token=build;id=%01",
    tpm: "0x81000001",
    signCommand: "sign-digest",
    tpmPassword: true,
    passphraseFile: "/etc/pki/passphrase",
    kept: { certificates: "a certificate", privateKey: new Secret("a-made-up-private-key") },
    certificateEnds: 1_800_000_000_000,
    endpointUrl: "https://rolesanywhere.eu-west-1.amazonaws.com",
  }),

  facts: (source) => {
    const { kind, trustAnchorArn, profileArn, certificate, chain, endpointUrl, kept } = source;
    const region = trustAnchorArn.split(":")[3] ?? "";
    const { certificateEnds: ends } = source;
    return {
      lasting: false,
      lines: {
        "trust anchor": trustAnchorArn,
        "Roles Anywhere profile": profileArn,
        certificate: kept ? `${certificate} (kept)` : certificate,
        "certificate expires": ends === undefined ? undefined : rfc3339(ends),
        chain,
        "private key": source.privateKey ??
          (source.pkcs11 ?? source.tpm ?? source.signCommand ? undefined : certificate),
        "PKCS #11 key": source.pkcs11,
        "TPM key": source.tpm,
        "sign command": source.signCommand,
        "passphrase file": source.passphraseFile,
      },
      shown: () => {
        const { kept: _, tpmPassword: __, ...shown } = source;
        return { ...shown, certificateKept: kept !== undefined };
      },
      // Renewing the certificate or moving the key leaves the session as it is.
      deciding: { kind, trustAnchorArn, profileArn, certificate, endpointUrl },
      certificate: {
        region,
        ...endpointUrl !== undefined && { endpointUrl },
        ...ends !== undefined && { ends },
      },
    };
  },

  inspect: async (source, system) => (await settings()).inspectCertificates(source, system),
  prove: async (source, context, refused) => {
    // The same certificate again would change nothing.
    if (refused) throw refused.error;
    return await (await rest()).proveByCertificate(source, context);
  },
  exchange: async (source, context, proof) =>
    await (await rest()).sessionFor(source, context, proof),
};

/** What CreateSession cannot set for the role: the certificate or the Roles Anywhere profile does. */
const notFirst = [
  "external-id",
  "source-identity",
  "tag",
  "transitive-tag",
  "policy",
  "policy-arn",
];

function refuseWithoutRole(values: Values): void {
  const roles = values.all("role-arn").length;
  if (roles === 0) {
    throw usage("--roles-anywhere requires --role-arn", "name it with --role-arn ARN");
  }
  const strange = roles === 1 ? notFirst.find((name) => values.has(name)) : undefined;
  if (strange === undefined) return;
  throw usage(
    `--${strange} is not allowed for a role assumed with a certificate`,
    "set it on a second --role-arn, which is assumed from the first",
  );
}
