import { Failure } from "../../model/failure.ts";
import type { System } from "../../system/system.ts";
import type { Custody } from "./custody.ts";
import { keyFromBase64, keyLength } from "../sealing/keys.ts";

const variable = "ATHM_KEY";

/** The key is in `ATHM_KEY`, in base64: for CI, where a secret store hands it to the job. */
export const environment: Custody = {
  kind: "env",
  fields: [],
  locks: false,
  hold: () => Promise.resolve({ kept: {} }),
  fetch(system, { path }) {
    const key = keyOfEnvironment(system);
    if (key) return Promise.resolve(key);
    throw new Failure(
      "store-key",
      `the key of the store ${path} is in ${variable}, which is not set`,
      `set ${variable} to the key that the store was created with`,
    );
  },
  startRotation() {
    // athm would have to print the new key so that the user can copy it into the variable.
    throw new Failure(
      "store-key",
      `the key of this store is in ${variable}, which athm cannot change`,
      "run athm store custody file to take over the key, unset the variable, then run athm store rekey",
    );
  },
  drop: () => Promise.resolve(true),
};

/**
 * @throws {Failure} `store-key` if it is not 32 bytes of base64. An empty value counts: CI systems
 * set it for a missing secret, and ignoring it would put a key on the runner's disk.
 */
export function keyOfEnvironment(system: System): Uint8Array<ArrayBuffer> | undefined {
  const text = system.env.get(variable);
  if (text === undefined) return undefined;
  const key = keyFromBase64(text);
  if (key) return key;
  throw new Failure(
    "store-key",
    text === ""
      ? `${variable} is set but empty`
      : `${variable} is not a key: it must be ${keyLength} bytes in base64`,
    `generate a key with: openssl rand -base64 ${keyLength}`,
  );
}
