import type { Secret } from "./secret.ts";

export type Source =
  | KeysSource
  | IdentityCenterSource
  | AwsLoginSource
  | RolesAnywhereSource
  | AmbientSource
  | ProfileSource
  | WebIdentitySource
  | SamlSource;

export interface KeysSource {
  readonly kind: "keys";
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret;
  /** When temporary keys expire: milliseconds since 1970. */
  readonly expires?: number;
}

export interface IdentityCenterSource {
  readonly kind: "identity-center";
  readonly startUrl: string;
  /** The region of the Identity Center instance. */
  readonly region: string;
  readonly accountId: string;
  /** What the portal called the account when the profile was imported; for people only. */
  readonly accountName?: string;
  readonly roleName: string;
  /** Sign in with a device code, never with a browser on this machine. */
  readonly deviceCode?: boolean;
  readonly portalEndpointUrl?: string;
  readonly oidcEndpointUrl?: string;
}

/** The AWS console's sign-in for local development, as `aws login` does it. */
export interface AwsLoginSource {
  readonly kind: "aws-login";
  /** Who signs in, without the name of a role's session; absent until the first sign-in. */
  readonly principal?: string;
  /** Sign in with a code from another machine, never with a browser on this one. */
  readonly remote?: boolean;
  /** Without a trailing slash. */
  readonly endpointUrl?: string;
}

/** A certificate of a CA that IAM Roles Anywhere trusts; it assumes the profile's first role. */
export interface RolesAnywhereSource {
  readonly kind: "roles-anywhere";
  readonly trustAnchorArn: string;
  /** The ARN of the profile in IAM Roles Anywhere. */
  readonly profileArn: string;
  /** Absolute paths of files in PEM, DER or PKCS #12, read at each sign-in. */
  readonly certificate: string;
  readonly chain?: string;
  /**
   * One of these four signs: a file, a PKCS #11 URI, a TPM handle or file, a command. Without any of
   * them, the key is in the certificate's file.
   */
  readonly privateKey?: string;
  readonly pkcs11?: string;
  readonly tpm?: string;
  readonly signCommand?: string;
  /** Whether the TPM's key has a password; absent until it was used without one. */
  readonly tpmPassword?: boolean;
  /** The absolute path of a file with the key's passphrase or PIN. */
  readonly passphraseFile?: string;
  /** Used instead of the files. */
  readonly kept?: KeptCertificate;
  /** When the certificate last used expires: milliseconds since 1970. */
  readonly certificateEnds?: number;
  /** Without a trailing slash. */
  readonly endpointUrl?: string;
}

/** Copies of the certificate's files. */
export interface KeptCertificate {
  /** The certificate, then its chain, as PEM. */
  readonly certificates: string;
  /** The private key as PEM, not encrypted; absent if it is not in a file. */
  readonly privateKey?: Secret;
}

/** The AWS SDK's default chain, or one profile of the shared config files. */
export interface AmbientSource {
  readonly kind: "ambient";
  readonly awsProfile?: string;
}

export interface ProfileSource {
  readonly kind: "profile";
  readonly from: string;
}

/** A token of an OpenID Connect provider, such as a CI system; it assumes the profile's first role. */
export interface WebIdentitySource {
  readonly kind: "web-identity";
  /** The token source, as in `--web-identity`; file paths are absolute. */
  readonly from: string;
  /** The token's audience; absent for the default of the token source. */
  readonly audience?: string;
}

/** AssumeRoleWithSAML with an identity provider's assertion. */
export interface SamlSource {
  readonly kind: "saml";
  readonly via: SamlVia;
  /** The provider's sign-in URL for AWS; optional with `command`. */
  readonly url?: string;
  readonly command?: string;
  /** Which of the assertion's roles to assume; absent until one is chosen. */
  readonly roleArn?: string;
  readonly user?: string;
  /** Whether to keep `password` after it was typed. */
  readonly rememberPassword?: boolean;
  readonly password?: Secret;
  /** The origin of the page that `password` was typed for; athm sends it to no other. */
  readonly passwordOrigin?: string;
  /** With `form`: what was chosen on the provider's pages, for sign-ins without a person. */
  readonly choices?: readonly SamlChoice[];
}

export interface SamlChoice {
  /** A digest of the question: the provider's host, its words and the options. */
  readonly question: string;
  /** The label of the chosen option. */
  readonly answer: string;
}

export type SamlVia = "browser" | "form" | "command";

/** Parameters for assuming the profile's roles. AWS's defaults apply to absent ones. */
export interface RoleSettings {
  readonly externalId?: string;
  readonly sessionName?: string;
  readonly duration?: number;
  readonly mfaSerial?: string;
  readonly mfaCommand?: string;
  /** Lifetime in seconds of the MFA session from which roles are assumed. */
  readonly mfaDuration?: number;
  readonly sourceIdentity?: string;
  readonly tags?: readonly Tag[];
  readonly transitiveTags?: readonly string[];
  readonly policy?: string;
  readonly policyArns?: readonly string[];
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Network settings for athm's own calls to AWS. */
export interface NetworkSettings {
  readonly region?: string;
  readonly endpointUrl?: string;
  readonly fips?: boolean;
  readonly dualstack?: boolean;
  /** Path of a PEM file. */
  readonly caBundle?: string;
}

export interface Profile {
  readonly name: string;
  readonly source: Source;
  /** Each role is assumed with the credentials of the previous one. */
  readonly roleArns: readonly string[];
  readonly role: RoleSettings;
  readonly network: NetworkSettings;
  /** athm asks a person before each use; a yes lasts this many seconds. Absent: it never asks. */
  readonly confirm?: number;
  /** The team file that it was imported from, as long as only the file changes it. */
  readonly origin?: TeamOrigin;
}

export interface TeamOrigin {
  /** The name of the file's series (`TakenSerial`). */
  readonly series: string;
  /** A digest of what the file says about the profile. */
  readonly entry: string;
}

/** The base profile that each inherited network setting comes from. */
export type Inherited = { readonly [K in keyof NetworkSettings]?: string };

/** A profile with what it inherits from its base profiles. */
export interface ResolvedProfile extends Profile {
  readonly inherited?: Inherited;
  /** The base profile that `confirm` comes from, if its time is shorter than the profile's own. */
  readonly confirmFrom?: string;
}
