import type { Secret } from "./secret.ts";

/** Where a profile's first credentials come from. */
export type Source =
  | KeysSource
  | IdentityCenterSource
  | AmbientSource
  | ProfileSource
  | WebIdentitySource
  | SamlSource;

/** An IAM user's access key, kept in the store. */
export interface KeysSource {
  readonly kind: "keys";
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  /** Present when what was given was itself temporary. */
  readonly sessionToken?: Secret;
  /** When such temporary keys run out: milliseconds since 1970. */
  readonly expires?: number;
}

/** A role of an account that the person has at an access portal of IAM Identity Center. */
export interface IdentityCenterSource {
  readonly kind: "identity-center";
  readonly startUrl: string;
  /** The region of the Identity Center itself. */
  readonly region: string;
  readonly accountId: string;
  readonly roleName: string;
  /** Sign in with a code, never with a browser on this machine. */
  readonly deviceCode?: boolean;
  readonly portalEndpointUrl?: string;
  readonly oidcEndpointUrl?: string;
}

/** The AWS SDK's default chain, or one profile of the shared config files. */
export interface AmbientSource {
  readonly kind: "ambient";
  readonly awsProfile?: string;
}

/** The session of another athm profile. */
export interface ProfileSource {
  readonly kind: "profile";
  readonly from: string;
}

/** A token of an OpenID provider, such as a CI system's: the profile's first role is assumed with it. */
export interface WebIdentitySource {
  readonly kind: "web-identity";
  /** Where the token comes from, as `--web-identity` takes it; the path of a file is absolute. */
  readonly from: string;
  /** Whom the token is to be for; absent for the default of where it comes from. */
  readonly audience?: string;
}

/** AssumeRoleWithSAML, with the assertion that an identity provider gives. */
export interface SamlSource {
  readonly kind: "saml";
  readonly via: SamlVia;
  /** Where the provider's sign-in to AWS begins; may be absent with `command`. */
  readonly url?: string;
  /** The command line that prints the assertion. */
  readonly command?: string;
  /** The role of the assertion's that is assumed; absent until it was chosen. */
  readonly roleArn?: string;
  readonly user?: string;
  /** Whether `password` is kept once it was typed. */
  readonly rememberPassword?: boolean;
  readonly password?: Secret;
  /** The origin of the page that `password` was typed for: no other gets it. */
  readonly passwordOrigin?: string;
}

/** How a person proves to a SAML identity provider who it is. */
export type SamlVia = "browser" | "form" | "command";

/** How the profile's roles are assumed. Everything that is absent is left to AWS's default. */
export interface RoleSettings {
  readonly externalId?: string;
  readonly sessionName?: string;
  /** Seconds. */
  readonly duration?: number;
  readonly mfaSerial?: string;
  readonly mfaCommand?: string;
  /** Seconds that the session which an MFA code gives lives; roles are assumed from it. */
  readonly mfaDuration?: number;
  readonly sourceIdentity?: string;
  readonly tags?: readonly Tag[];
  readonly transitiveTags?: readonly string[];
  /** The session policy as JSON text. */
  readonly policy?: string;
  readonly policyArns?: readonly string[];
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Where athm's own calls to AWS go, as the profile asks for it. */
export interface NetworkSettings {
  readonly region?: string;
  readonly endpointUrl?: string;
  readonly fips?: boolean;
  readonly dualstack?: boolean;
  /** Path of a PEM file. */
  readonly caBundle?: string;
}

/** What is kept under a name. */
export interface Profile {
  readonly name: string;
  readonly source: Source;
  /** Each is assumed with the credentials of the one before. */
  readonly roleArns: readonly string[];
  readonly role: RoleSettings;
  readonly network: NetworkSettings;
}
