// The content of the index (listing.ts), as JSON:
//
//     {"v":1,"profiles":[{"id":"<file id>","kept":["<file id>","<file id>"],
//      "stamp":[1234,1767225600000,1767225600000,98765,384,1000],"outline":{…}}]}
//
//     kept     the files of its session and of its narrower ones, which may not exist
//     stamp    the profile's file as it was before it was read: size, times of the last write and of
//              the last change, inode, mode, owner (-1 if unknown)
//
// Sorted by name. Anything else, as of another version of athm, is not an index.

import {
  type Decoder,
  flag,
  list,
  Misfit,
  name,
  number,
  object,
  text,
} from "../../model/decode.ts";
import type { Outline, OutlineFacts, OutlinePortal, OutlineRole } from "../../model/outline.ts";
import type { NetworkSettings } from "../../model/profile.ts";

export const indexVersion = 1;

export interface IndexEntry {
  readonly id: string;
  readonly kept: readonly string[];
  readonly stamp: Stamp;
  readonly outline: Outline;
}

/** Files with different stamps may differ; with the same one they do not, as far as stamps can tell. */
export type Stamp = readonly number[];

interface Index {
  readonly v: number;
  readonly profiles: readonly IndexEntry[];
}

export function encodeIndex(profiles: readonly IndexEntry[]): Uint8Array<ArrayBuffer> {
  const index: Index = { v: indexVersion, profiles };
  return new TextEncoder().encode(JSON.stringify(index));
}

/** Nothing if this athm did not write it. */
export function decodeIndex(bytes: Uint8Array): readonly IndexEntry[] | undefined {
  try {
    return decoder(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))).profiles;
  } catch {
    return undefined;
  }
}

const version: Decoder<number> = (value) => {
  if (value !== indexVersion) throw new Misfit("newer");
  return indexVersion;
};

const network = object<NetworkSettings>({}, {
  region: text,
  endpointUrl: text,
  fips: flag,
  dualstack: flag,
  caBundle: text,
});

const facts = object<OutlineFacts>({}, {
  base: text,
  role: object<OutlineRole>({}, { arn: text, account: text, name: text }),
  region: text,
  principal: text,
  portal: object<OutlinePortal>(
    { startUrl: text, region: text },
    { portalEndpointUrl: text, oidcEndpointUrl: text },
  ),
});

const outline = object<Omit<Outline, "inherited">>(
  { name, kind: text, roleArns: list(text), network, facts },
  {},
);

const decoder = object<Index>({
  v: version,
  profiles: list(
    object<IndexEntry>({ id: text, kept: list(text), stamp: list(number), outline }, {}),
  ),
}, {});
