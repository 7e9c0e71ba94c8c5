// What stands inside a sealed file: one record as JSON (RFC 8259), its fields as in src/model.
//
//     profile   {"name":"example","source":{"kind":"keys",…},"roleArns":[…],"role":{…},"network":{…}}
//     session   {"session":{"accessKeyId":…,"expires":1767225600000,…},"fingerprint":"…"}
//     assertion {"assertion":"…","expires":1767225600000}
//     portal    {"portal":{"startUrl":…},"client":{…},"accessToken":"…","expires":1767225600000,…}
//
// Absent fields are absent. Reading is strict. A field or kind that is not known here was written by
// a newer athm, for nobody else has the key: to overlook it could mean to drop a restriction (a
// session policy, say), so the file is refused as newer. Anything else that does not fit is damage.

import type { Session } from "../model/credentials.ts";
import { parseName } from "../model/names.ts";
import type { Portal, PortalClient, PortalFlow, PortalTokens } from "../model/portal.ts";
import type { NetworkSettings, Profile, RoleSettings, Source } from "../model/profile.ts";
import { Secret } from "../model/secret.ts";
import type { Opened } from "./sealed.ts";

/** A session and the fingerprint of the settings that it was made with. */
export interface SessionRecord {
  readonly session: Session;
  readonly fingerprint: string;
}

/** What an identity provider asserts of a person, for as long as AWS takes it. */
export interface AssertionRecord {
  /** In base64, as it came. */
  readonly assertion: Secret;
  /** Milliseconds since 1970 on this machine's clock. */
  readonly expires: number;
}

/** What a sealed file may hold. */
export type StoreRecord = Profile | SessionRecord | AssertionRecord | PortalTokens;

/** The record as bytes for a sealed file, with its secrets in the clear. */
export function encodeRecord(record: StoreRecord): Uint8Array<ArrayBuffer> {
  const text = JSON.stringify(record, function (this: Record<string, unknown>, key, value) {
    // `value` is what `toJSON` made of a secret, so the secret is taken from where it stands.
    const original = this[key];
    return original instanceof Secret ? original.reveal() : value;
  });
  return new TextEncoder().encode(text);
}

/** True when nothing of the two differs, secrets included. */
export function sameProfile(a: Profile, b: Profile): boolean {
  const [first, second] = [encodeRecord(a), encodeRecord(b)];
  return first.length === second.length && first.every((byte, at) => byte === second[at]);
}

export function decodeProfile(bytes: Uint8Array): Opened<Profile> {
  return decode(bytes, profile);
}

export function decodeSession(bytes: Uint8Array): Opened<SessionRecord> {
  return decode(bytes, sessionRecord);
}

export function decodeAssertion(bytes: Uint8Array): Opened<AssertionRecord> {
  return decode(bytes, assertionRecord);
}

export function decodePortal(bytes: Uint8Array): Opened<PortalTokens> {
  return decode(bytes, portalTokens);
}

/** Makes a value of the model from a value of JSON, or throws `Misfit`. */
type Decoder<T> = (value: unknown) => T;

/** Says nothing about the value: it may be a secret. */
class Misfit extends Error {
  readonly kind: "damaged" | "newer";
  constructor(kind: "damaged" | "newer") {
    super(`a record is ${kind}`);
    this.kind = kind;
  }
}

function decode<T>(bytes: Uint8Array, decoder: Decoder<T>): Opened<T> {
  try {
    return decoder(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch (error) {
    return error instanceof Misfit ? error.kind : "damaged";
  }
}

const text: Decoder<string> = (value) => {
  if (typeof value !== "string") throw new Misfit("damaged");
  return value;
};

const number: Decoder<number> = (value) => {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new Misfit("damaged");
  return value;
};

const flag: Decoder<boolean> = (value) => {
  if (typeof value !== "boolean") throw new Misfit("damaged");
  return value;
};

const secret: Decoder<Secret> = (value) => new Secret(text(value));

const name: Decoder<string> = (value) => parseName(text(value));

function exactly<T extends string>(word: T): Decoder<T> {
  return (value) => {
    if (value !== word) throw new Misfit("damaged");
    return word;
  };
}

/** A word that is not known here is a newer athm's. */
function oneOf<T extends string>(words: readonly T[]): Decoder<T> {
  return (value) => {
    const found = words.find((word) => word === text(value));
    if (found === undefined) throw new Misfit("newer");
    return found;
  };
}

function list<T>(item: Decoder<T>): Decoder<T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw new Misfit("damaged");
    return value.map(item);
  };
}

type OptionalKeys<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];
type Optional<T> = Pick<T, OptionalKeys<T>>;
type Demanded<T> = Omit<T, OptionalKeys<T>>;
type Fields<T> = { readonly [K in keyof T]-?: Decoder<Exclude<T[K], undefined>> };

/** Each field of `T` has its decoder, or the code does not compile. */
function object<T extends object>(
  required: Fields<Demanded<T>>,
  optional: Fields<Optional<T>>,
): Decoder<T> {
  const known = new Map<string, Decoder<unknown>>([
    ...Object.entries<Decoder<unknown>>(required),
    ...Object.entries<Decoder<unknown>>(optional),
  ]);
  return (value) => {
    const fields: Record<string, unknown> = {};
    for (const [key, field] of Object.entries(plainObject(value))) {
      const decoder = known.get(key);
      if (!decoder) throw new Misfit("newer");
      fields[key] = decoder(field);
    }
    for (const key of Object.keys(required)) {
      if (!Object.hasOwn(fields, key)) throw new Misfit("damaged");
    }
    return fields as T;
  };
}

function plainObject(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Misfit("damaged");
  }
  return value as Record<string, unknown>;
}

type SourceDecoders = { readonly [S in Source as S["kind"]]: Decoder<S> };

/** One line a source: a source that is missing here does not compile. */
const sources: SourceDecoders = {
  keys: object<Extract<Source, { kind: "keys" }>>(
    { kind: exactly("keys"), accessKeyId: text, secretAccessKey: secret },
    { sessionToken: secret, expires: number },
  ),
  "identity-center": object<Extract<Source, { kind: "identity-center" }>>(
    {
      kind: exactly("identity-center"),
      startUrl: text,
      region: text,
      accountId: text,
      roleName: text,
    },
    { deviceCode: flag, portalEndpointUrl: text, oidcEndpointUrl: text },
  ),
  ambient: object<Extract<Source, { kind: "ambient" }>>(
    { kind: exactly("ambient") },
    { awsProfile: text },
  ),
  profile: object<Extract<Source, { kind: "profile" }>>(
    { kind: exactly("profile"), from: name },
    {},
  ),
  "web-identity": object<Extract<Source, { kind: "web-identity" }>>(
    { kind: exactly("web-identity"), from: text },
    { audience: text },
  ),
  saml: object<Extract<Source, { kind: "saml" }>>(
    { kind: exactly("saml"), via: oneOf(["browser", "form", "command"]) },
    {
      url: text,
      command: text,
      roleArn: text,
      user: text,
      rememberPassword: flag,
      password: secret,
      passwordOrigin: text,
    },
  ),
};

const source: Decoder<Source> = (value) => {
  const kind = text(plainObject(value).kind);
  if (!Object.hasOwn(sources, kind)) throw new Misfit("newer");
  return sources[kind as Source["kind"]](value);
};

const role = object<RoleSettings>({}, {
  externalId: text,
  sessionName: text,
  duration: number,
  mfaSerial: text,
  mfaCommand: text,
  mfaDuration: number,
  sourceIdentity: text,
  tags: list(object({ key: text, value: text }, {})),
  transitiveTags: list(text),
  policy: text,
  policyArns: list(text),
});

const network = object<NetworkSettings>({}, {
  region: text,
  endpointUrl: text,
  fips: flag,
  dualstack: flag,
  caBundle: text,
});

const profile = object<Profile>({ name, source, roleArns: list(text), role, network }, {});

const session = object<Session>({
  accessKeyId: text,
  secretAccessKey: secret,
  sessionToken: secret,
  expires: number,
  issued: number,
}, { arn: text, account: text });

const sessionRecord = object<SessionRecord>({ session, fingerprint: text }, {});

const assertionRecord = object<AssertionRecord>({ assertion: secret, expires: number }, {});

const portalTokens = object<PortalTokens>({
  portal: object<Portal>({ startUrl: text, region: text, oidcUrl: text, portalUrl: text }, {}),
  client: object<PortalClient>({
    id: text,
    secret,
    expires: number,
    flow: oneOf<PortalFlow>(["browser", "device"]),
  }, {}),
  accessToken: secret,
  expires: number,
  issued: number,
}, { refreshToken: secret });
