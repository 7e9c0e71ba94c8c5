// The content of a sealed file: one record as JSON (RFC 8259), with the fields of src/model.
//
//     profile   {"name":"example","source":{"kind":"keys",…},"roleArns":[…],"role":{…},"network":{…}}
//     session   {"session":{"accessKeyId":…,"expires":1767225600000,…},"fingerprint":"…"}
//     narrowed  {"kept":[{"narrowing":{"readOnly":true},"session":{…},"fingerprint":"…"}]}
//     policy    {"name":"deploy-only","policy":"{…}"}
//     folder    {"path":"/home/ann/project/.athm","digest":"<SHA-256>"}
//     client    {"label":"assistant","tokenHash":"…","profiles":["example"],"added":1767225600000,…}
//     answer    {"answer":"yes","at":1767225600000}
//     assertion {"assertion":"…","expires":1767225600000}
//     portal    {"portal":{"startUrl":…},"client":{…},"accessToken":"…","expires":1767225600000,…}
//     taken     {"series":"SHA256:… example-corp","serial":20260101120000}
//     registry  {"registry":"…","profile":"example","password":{"secret":…,"expires":…,…}}
//     console   {"principal":"arn:…","region":"…","refreshToken":"…","proofKey":{…},"session":{…},…}
//
// Parsing is strict. An unknown field or kind was written by a newer athm, because only athm has the
// key: ignoring it could drop a restriction such as a session policy, so the file is rejected as
// newer. Any other mismatch is damage.

import type {
  ConsoleClient,
  ConsoleEndpoint,
  ConsoleSignIn,
  ProofKey,
} from "../../model/console_sign_in.ts";
import type { Narrowing, Session } from "../../model/credentials.ts";
import {
  type Decoder,
  flag,
  list,
  Misfit,
  name,
  number,
  object,
  oneOf,
  secret,
  text,
} from "../../model/decode.ts";
import type { Portal, PortalClient, PortalFlow, PortalTokens } from "../../model/portal.ts";
import type {
  NetworkSettings,
  Profile,
  RoleSettings,
  Source,
  TeamOrigin,
} from "../../model/profile.ts";
import type {
  AssertionRecord,
  Confirmation,
  FolderAllowance,
  NamedPolicy,
  NarrowedRecord,
  NarrowedSession,
  ProofRecords,
  ProofShelf,
  RegistryPassword,
  RegistryRecord,
  ServeClient,
  SessionRecord,
  TakenSerial,
} from "../../model/proofs.ts";
import { Secret } from "../../model/secret.ts";
import type { Opened } from "./sealed.ts";

export type StoreRecord =
  | Profile
  | NamedPolicy
  | FolderAllowance
  | ServeClient
  | NarrowedRecord
  | Confirmation
  | TakenSerial
  | ProofRecords[ProofShelf];

export function encodeRecord(record: StoreRecord): Uint8Array<ArrayBuffer> {
  const text = JSON.stringify(record, function (this: Record<string, unknown>, key, value) {
    // `value` is already the result of `toJSON`, so read the secret itself.
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

export type Sources = Decoder<Source>;

export function decodeProfile(bytes: Uint8Array, source: Sources): Opened<Profile> {
  const required = { name, source, roleArns: list(text), role, network };
  return opening(object<Profile>(required, { confirm: number, origin }))(bytes);
}

function opening<T>(decoder: Decoder<T>): (bytes: Uint8Array) => Opened<T> {
  return (bytes) => {
    try {
      return decoder(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
    } catch (error) {
      return error instanceof Misfit ? error.kind : "damaged";
    }
  };
}

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

export const network = object<NetworkSettings>({}, {
  region: text,
  endpointUrl: text,
  fips: flag,
  dualstack: flag,
  caBundle: text,
});

const origin = object<TeamOrigin>({ series: text, entry: text }, {});

const session = object<Session>({
  accessKeyId: text,
  secretAccessKey: secret,
  sessionToken: secret,
  expires: number,
  issued: number,
}, { arn: text, account: text, skew: number });

export const decodeSession = opening(object<SessionRecord>({ session, fingerprint: text }, {}));

const narrowing = object<Narrowing>({}, {
  readOnly: flag,
  policy: text,
  named: text,
  policyArns: list(text),
});

export const decodePolicy = opening(object<NamedPolicy>({ name, policy: text }, {}));

export const decodeFolder = opening(object<FolderAllowance>({ path: text, digest: text }, {}));
export const decodeConfirmation = opening(
  object<Confirmation>({ answer: oneOf(["yes", "no"]), at: number }, {}),
);
export const decodeTaken = opening(object<TakenSerial>({ series: text, serial: number }, {}));

export const decodeClient = opening(object<ServeClient>({
  label: name,
  tokenHash: text,
  profiles: list(name),
  added: number,
}, { narrowing, expires: number }));

export const decodeNarrowed = opening(object<NarrowedRecord>({
  kept: list(object<NarrowedSession>({ narrowing, session, fingerprint: text }, {})),
}, {}));

export const decodeAssertion = opening(
  object<AssertionRecord>({ assertion: secret, expires: number }, {}),
);

export const decodePortal = opening(object<PortalTokens>({
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
}, { refreshToken: secret }));

const endpoint: Decoder<ConsoleEndpoint> = (value) => {
  const place = text(value);
  return /^https?:/.test(place) ? place as ConsoleEndpoint : oneOf(["aws", "fips"])(place);
};

export const decodeConsole = opening(object<ConsoleSignIn>({
  principal: text,
  region: text,
  endpoint,
  client: oneOf<ConsoleClient>(["same-device", "cross-device"]),
  refreshToken: secret,
  proofKey: object<ProofKey>({ x: text, y: text, d: secret }, {}),
  session,
}, {}));

export const decodeRegistry = opening(object<RegistryRecord>({ registry: text, profile: name }, {
  narrowing,
  password: object<RegistryPassword>({
    secret,
    expires: number,
    issued: number,
    fingerprint: text,
  }, {}),
}));
