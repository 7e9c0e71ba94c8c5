/**
 * Team files on a machine in memory, and imports of them.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Profile } from "../../src/model/profile.ts";
import { openOrCreateStore } from "../../src/session/stores.ts";
import { type MemoryFiles, memoryFiles } from "./memory_files.ts";
import { athm } from "./store_program.ts";
import { testSystem, type TestSystemOptions } from "./test_system.ts";

export const account = "012345678901";
export const roleArn = (name: string) => `arn:aws:iam::${account}:role/${name}`;
export const file = "/home/ann/team.yaml";

/** A file with one line of fields for each profile. */
export function team(profiles: Readonly<Record<string, string>>, serial = 1, more = ""): string {
  const lines = Object.entries(profiles).map(([name, fields]) => `  ${name}: {${fields}}\n`);
  return `athm: 1\nserial: ${serial}\n${more}profiles:\n${lines.join("")}`;
}

export const portal = (role = "ReadOnly") =>
  `sso-start-url: "https://example.awsapps.com/start", sso-region: eu-west-1, ` +
  `sso-account: ${account}, sso-role: ${role}`;

export function disk(text?: string): MemoryFiles {
  const files = memoryFiles();
  if (text !== undefined) files.put(file, text);
  return files;
}

export const imports = (
  files: MemoryFiles,
  more = " --yes",
  options: Omit<TestSystemOptions, "files"> = {},
) => athm(`import file ${file}${more}`, files, options);

export async function stored(files: MemoryFiles): Promise<ReadonlyMap<string, Profile>> {
  const store = await openOrCreateStore(testSystem({ files }));
  const listed = await store.profiles();
  return new Map(
    listed.map((each) => ("profile" in each ? [each.profile.name, each.profile] : assert.fail())),
  );
}
