/**
 * A machine for the doctor's tests.
 *
 * @module
 */
import assert from "node:assert/strict";
import { examine } from "../../src/doctor/run.ts";
import { checks } from "../../src/doctor/all_checks.ts";
import type { Failure } from "../../src/model/failure.ts";
import type { Profile } from "../../src/model/profile.ts";
import { openOrCreateStore } from "../../src/session/stores.ts";
import type { HttpRequest } from "../../src/system/http.ts";
import { memoryFiles } from "./memory_files.ts";
import { canary } from "./store_samples.ts";
import { testStart, testSystem, type TestSystemOptions } from "./test_system.ts";

export interface Machine extends TestSystemOptions {
  readonly profiles?: readonly Profile[];
  /** Milliseconds that the endpoints' clock is ahead. */
  readonly ahead?: number;
  readonly answers?: readonly string[];
  /** The error of a request to an endpoint, instead of a response. */
  readonly failure?: Failure;
}

/** A machine with profiles and responding endpoints, set up by another process. */
export async function machine({ profiles = [], ahead = 0, failure, ...options }: Machine = {}) {
  const files = options.files ?? memoryFiles();
  const passphrase = options.env && "STORE" in options.env ? { ATHM_PASSPHRASE: canary } : {};
  if (profiles.length) {
    const store = await openOrCreateStore(testSystem({ files, env: passphrase }));
    for (const profile of profiles) await store.saveProfile(profile, { replace: false });
  }
  const asked: HttpRequest[] = [];
  const system = testSystem({ ...options, files });
  system.http = () =>
    Promise.resolve({
      send: (request: HttpRequest) => {
        asked.push(request);
        if (failure) return Promise.reject(failure);
        const date = new Date(testStart + ahead).toUTCString();
        return Promise.resolve({
          status: 302,
          headers: new Headers({ date }),
          body: new Uint8Array(),
        });
      },
      [Symbol.dispose]: () => {},
    });
  return { system, asked };
}

/** A check's findings as `level text`, with the fix after ` -> `. */
export async function says(name: string, how: Machine = {}): Promise<readonly string[]> {
  const { system } = await machine(how);
  const before = system.files.snapshot();
  const answers = await examine(system, checks.filter((each) => each.name === name));
  assert.deepEqual(system.asked, []);
  assert.deepEqual(system.files.snapshot(), before);
  const lines = answers.map(({ level, text, fix }) =>
    `${level} ${text}${fix === undefined ? "" : ` -> ${fix}`}`
  );
  assert.ok(!lines.join().includes(canary), lines.join("\n"));
  return lines;
}
