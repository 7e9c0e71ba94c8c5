/**
 * The fake's users, roles, keys and issued sessions.
 *
 * @module
 */

/** An IAM user's MFA device. */
export interface MfaDevice {
  /** The ARN of a virtual device, or a hardware serial number: 9 to 256 characters. */
  readonly serial: string;
  /** The device's current code: six digits; each value is accepted once. */
  readonly code: () => string;
}

/** A user as defined by a test; missing values are generated. */
export interface UserOptions {
  /** 12 digits; default `123456789012`. */
  readonly account?: string;
  /** Default `alice`. */
  readonly name?: string;
  /** The partition of the user's ARN; default `aws`. */
  readonly partition?: string;
  /** The account's root user: no name, sessions of at most an hour, cannot assume roles. */
  readonly root?: boolean;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly mfa?: MfaDevice;
  /** Actions that its permissions allow, with `*` for anything; default all. */
  readonly allows?: readonly string[];
}

/** A user's long-term key, as IAM returns it once. */
export interface UserKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly arn: string;
}

/** A role as defined by a test. */
export interface RoleOptions {
  /** `arn:PARTITION:iam::ACCOUNT:role/[PATH/]NAME`. */
  readonly arn: string;
  /** The longest session in seconds; default 3,600, as IAM sets it. */
  readonly maxDuration?: number;
  /**
   * ARNs of users, of roles (any session of theirs), of one assumed-role session, or an account's
   * `…:root`; `*` is everyone and the default.
   */
  readonly trusts?: readonly string[];
  /** The external ID required by the trust policy. */
  readonly externalId?: string;
  /** Whether the trust policy requires `aws:MultiFactorAuthPresent`. */
  readonly requireMfa?: boolean;
  /** The web identities that the trust policy allows. */
  readonly webIdentity?: WebIdentityTrust;
  /** Actions that its permissions allow, with `*` for anything; default all. */
  readonly allows?: readonly string[];
}

/** A trust policy's statement for a web identity. */
export interface WebIdentityTrust {
  readonly issuer: string;
  /** The condition on `sub`; `*` matches anything. */
  readonly subject: string;
}

/** An OpenID provider in an account. */
export interface IdentityProvider {
  /** 12 digits. */
  readonly account: string;
  /** As in `iss`. */
  readonly issuer: string;
  readonly audiences: readonly string[];
}

/** A tag of a session. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** The parameters of AssumeRole for a session, for tests to inspect. */
export interface RoleSession {
  readonly roleArn: string;
  readonly sessionName: string;
  /** Tags of this call and those inherited from the calling session. */
  readonly tags: readonly Tag[];
  readonly transitiveTagKeys: readonly string[];
  readonly sourceIdentity?: string;
  readonly externalId?: string;
  readonly policy?: string;
  readonly policyArns: readonly string[];
}

/** An identity behind a key. */
export interface Principal {
  readonly kind: "user" | "root" | "session-token" | "assumed-role" | "federated-user";
  readonly arn: string;
  readonly userId: string;
  readonly account: string;
  /** The user's device; also for the user's sessions. */
  readonly mfa?: MfaDevice;
  /** Whether a session was created with MFA. Role chaining loses it. */
  readonly mfaPresent: boolean;
  /** Only of `assumed-role` and, with its policies alone, `federated-user`. */
  readonly session?: RoleSession;
  readonly allows?: readonly string[];
}

/** The identity of an assumed role. */
export function assumedRole(role: Role, sessionName: string, session: RoleSession): Principal {
  return {
    kind: "assumed-role",
    arn: `arn:${role.partition}:sts::${role.account}:assumed-role/${role.name}/${sessionName}`,
    userId: `${role.roleId}:${sessionName}`,
    account: role.account,
    mfaPresent: false,
    session,
    ...role.allows && { allows: role.allows },
  };
}

/** A role in the fake. */
export interface Role {
  readonly arn: string;
  readonly partition: string;
  readonly account: string;
  /** Without the path. */
  readonly name: string;
  readonly roleId: string;
  /** Seconds. */
  readonly maxDuration: number;
  readonly trusts: readonly string[];
  readonly externalId?: string;
  readonly requireMfa: boolean;
  readonly webIdentity?: WebIdentityTrust;
  readonly allows?: readonly string[];
}

/** A SAML identity provider in IAM: the content of its metadata document. */
export interface SamlProvider {
  /** `arn:PARTITION:iam::ACCOUNT:saml-provider/NAME`. */
  readonly arn: string;
  /** The provider's entity ID. */
  readonly issuer: string;
  /** Its signing certificate as PEM. */
  readonly certificate: string;
}

/** A key for signing requests. */
export interface Credential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Only of temporary credentials. */
  readonly sessionToken?: string;
  /** Milliseconds since 1970 on the fake's clock; only of temporary credentials. */
  readonly expiresAt?: number;
  readonly principal: Principal;
  /** IAM's data about a user's key. */
  readonly key?: KeyState;
}

/** A user's key in IAM. */
export interface KeyState {
  active: boolean;
  /** Milliseconds since 1970 on the fake's clock. */
  readonly created: number;
  /** Number of further requests that do not know it: the real IAM updates its servers one by one. */
  unknownFor: number;
}

/** The fake's state. */
export interface Accounts {
  readonly credentials: Map<string, Credential>;
  readonly roles: Map<string, Role>;
  readonly providers: IdentityProvider[];
  /** `SERIAL CODE` of every MFA code that was accepted. */
  readonly usedCodes: Set<string>;
  /** Sign-in tokens for the console. */
  readonly signInTokens: Set<string>;
  readonly samlProviders: Map<string, SamlProvider>;
}

/** An AWS without users. */
export function noAccounts(): Accounts {
  return {
    credentials: new Map(),
    roles: new Map(),
    providers: [],
    usedCodes: new Set(),
    signInTokens: new Set(),
    samlProviders: new Map(),
  };
}

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** A unique ID in IAM's format: a prefix for the kind, then base-32 characters. */
export function uniqueId(prefix: string, length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return prefix + Array.from(bytes, (byte) => base32[byte % 32]).join("");
}

export function randomBase64(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toBase64();
}

/** Adds a user with one key. */
export function addUser(accounts: Accounts, options: UserOptions): UserKey {
  const { account = "123456789012", name = "alice", partition = "aws", root = false } = options;
  const key: UserKey = {
    accessKeyId: options.accessKeyId ?? uniqueId("AKIA", 16),
    secretAccessKey: options.secretAccessKey ?? randomBase64(30),
    arn: `arn:${partition}:iam::${account}:${root ? "root" : `user/${name}`}`,
  };
  if (accounts.credentials.has(key.accessKeyId)) {
    throw new Error(`the fake already knows the access key ${key.accessKeyId}`);
  }
  accounts.credentials.set(key.accessKeyId, {
    accessKeyId: key.accessKeyId,
    secretAccessKey: key.secretAccessKey,
    principal: {
      kind: root ? "root" : "user",
      arn: key.arn,
      userId: root ? account : uniqueId("AIDA", 17),
      account,
      mfaPresent: false,
      ...options.mfa && { mfa: options.mfa },
      ...options.allows && { allows: options.allows },
    },
    key: { active: true, created: 0, unknownFor: 0 },
  });
  return key;
}

/** Adds a role, or changes the one that has this ARN. */
export function addRole(accounts: Accounts, options: RoleOptions): void {
  const parts = /^arn:([a-z-]+):iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]{1,64})$/.exec(options.arn);
  const [, partition, account, name] = parts ?? [];
  if (!partition || !account || !name) throw new Error(`not the ARN of a role: ${options.arn}`);
  accounts.roles.set(options.arn, {
    arn: options.arn,
    partition,
    account,
    name,
    roleId: accounts.roles.get(options.arn)?.roleId ?? uniqueId("AROA", 17),
    maxDuration: options.maxDuration ?? 3600,
    trusts: options.trusts ?? ["*"],
    requireMfa: options.requireMfa ?? false,
    ...options.externalId !== undefined && { externalId: options.externalId },
    ...options.webIdentity && { webIdentity: options.webIdentity },
    ...options.allows && { allows: options.allows },
  });
}

/** Temporary credentials with all fields of real ones. */
export interface IssuedCredential extends Credential {
  readonly sessionToken: string;
  readonly expiresAt: number;
}

/**
 * Creates temporary credentials that are accepted until `expiresAt` (milliseconds since 1970).
 */
export function issue(
  accounts: Accounts,
  principal: Principal,
  expiresAt: number,
  tokenSize = 700,
): IssuedCredential {
  const issued: IssuedCredential = {
    accessKeyId: uniqueId("ASIA", 16),
    secretAccessKey: randomBase64(30),
    // Real tokens begin like this, and contain `+` and `/`, which every encoding must preserve.
    sessionToken: "IQoJb3JpZ2luX2Vj" + randomBase64(tokenSize).slice(0, tokenSize - 18) + "==",
    // The response's Expiration has whole seconds, and must equal the stored one.
    expiresAt: Math.floor(expiresAt / 1000) * 1000,
    principal,
  };
  accounts.credentials.set(issued.accessKeyId, issued);
  return issued;
}

/** Every secret access key and session token that the fake has seen or made. */
export function allSecrets(accounts: Accounts): string[] {
  const ofKeys = [...accounts.credentials.values()].flatMap((credential) =>
    credential.sessionToken === undefined
      ? [credential.secretAccessKey]
      : [credential.secretAccessKey, credential.sessionToken]
  );
  return [...ofKeys, ...accounts.signInTokens];
}
