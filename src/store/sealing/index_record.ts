// The content of the index (listing.ts), as JSON:
//
//     {"v":3,"shared":[{"kind":"identity-center","roleArns":[],"network":{…},"facts":{…}}],
//      "profiles":[["<file id>",["<kept>","<kept>"],[1234,1767225600000,1767225600000,98765],
//        "example",0,[null,"123456789012",null,"ReadOnly"]]]}
//
//     shared     what the outlines contain besides name and role, each only once
//     profiles   sorted by name: the profile's file, the beginnings of the files of its session and
//                of its narrower ones, its stamp, its name, which of `shared`, and null or
//                its role: ARN, account, account name, name
//     stamp      of the file before it was read: size, times of the last write and of the last
//                change, inode
//
// Anything else, as of another version of athm, is not an index. It is compact because the time of a
// list depends on its size: 0.2 MB for 1,000 profiles of an access portal.

import { type Decoder, list, Misfit, name, number, object, text } from "../../model/decode.ts";
import { defined } from "../../model/fields.ts";
import type {
  Outline,
  OutlineCertificate,
  OutlineFacts,
  OutlinePortal,
  OutlineRole,
} from "../../model/outline.ts";
import { network } from "./records.ts";

export const indexVersion = 3;

export interface IndexEntry {
  readonly id: string;
  /** Of the files of its session and of its narrower ones: see `keptPart`. */
  readonly kept: readonly string[];
  readonly stamp: Stamp;
  readonly outline: Outline;
}

/** Files with different stamps may differ; with the same one they do not, as far as stamps can tell. */
export type Stamp = readonly number[];

/** Enough of an id to tell files apart: a mistake only makes a list read one more profile. */
export function keptPart(id: string): string {
  return id.slice(0, 12);
}

type SharedOutline = Omit<Outline, "name" | "inherited" | "confirmFrom">;

interface Index {
  readonly v: number;
  readonly shared: readonly SharedOutline[];
  readonly profiles: readonly unknown[];
}

export function encodeIndex(entries: readonly IndexEntry[]): Uint8Array<ArrayBuffer> {
  const shared = new Map<string, number>();
  const profiles = entries.map(({ id, kept, stamp, outline }) => {
    const { name, kind, roleArns, network, confirm, facts: { role, ...facts } } = outline;
    const rest = JSON.stringify(
      { kind, roleArns, network, facts, ...defined({ confirm }) } satisfies SharedOutline,
    );
    const at = shared.get(rest) ?? shared.size;
    shared.set(rest, at);
    return [id, kept, stamp, name, at, role ? roleFields.map((field) => role[field]) : null];
  });
  const all = `[${[...shared.keys()].join()}]`;
  return new TextEncoder().encode(
    `{"v":${indexVersion},"shared":${all},"profiles":${JSON.stringify(profiles)}}`,
  );
}

/** Nothing if this version of athm did not write it. */
export function decodeIndex(bytes: Uint8Array): readonly IndexEntry[] | undefined {
  try {
    const json = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const { shared, profiles } = decoder(JSON.parse(json));
    return profiles.map((each) => entryOf(each, shared));
  } catch {
    return undefined;
  }
}

function entryOf(value: unknown, shared: readonly SharedOutline[]): IndexEntry {
  if (!Array.isArray(value) || value.length !== 6) throw new Misfit("damaged");
  const [id, kept, stamp, own, at, given] = value;
  const rest = shared[number(at)];
  if (!rest) throw new Misfit("damaged");
  const facts = given === null ? rest.facts : { ...rest.facts, role: roleOf(given) };
  const outline = { ...rest, name: name(own), facts };
  return { id: text(id), kept: texts(kept), stamp: numbers(stamp), outline };
}

function roleOf(value: unknown): OutlineRole {
  if (!Array.isArray(value) || value.length !== roleFields.length) throw new Misfit("damaged");
  const role: Record<string, string> = {};
  for (const [at, field] of roleFields.entries()) {
    if (value[at] !== null) role[field] = text(value[at]);
  }
  return role;
}

const roleFields = [
  "arn",
  "account",
  "accountName",
  "name",
] as const satisfies readonly (keyof OutlineRole)[];

const texts = list(text);
const numbers = list(number);

const version: Decoder<number> = (value) => {
  if (value !== indexVersion) throw new Misfit("newer");
  return indexVersion;
};

const facts = object<Omit<OutlineFacts, "role">>({}, {
  base: text,
  region: text,
  principal: text,
  portal: object<OutlinePortal>(
    { startUrl: text, region: text },
    { portalEndpointUrl: text, oidcEndpointUrl: text },
  ),
  certificate: object<OutlineCertificate>({ region: text }, { endpointUrl: text, ends: number }),
});

const decoder = object<Index>({
  v: version,
  shared: list(
    object<SharedOutline>(
      { kind: text, roleArns: list(text), network, facts },
      { confirm: number },
    ),
  ),
  profiles: list((value) => value),
}, {});
