import { narrowingWords } from "../../../model/credentials.ts";
import { Failure, usage } from "../../../model/failure.ts";
import { isJsonObject } from "../../../model/fields.ts";
import { registryKey } from "../../../model/proofs.ts";
import type { Command, Line } from "../../../line/command.ts";
import { openStore } from "../../../session/stores.ts";
import type { System } from "../../../system/system.ts";
import { versionText } from "../../../system/version.ts";
import { parseRegistry, registryUser } from "../../../tokens/registry.ts";
import { deedOf } from "../../profile/obtain.ts";
import { passwordOf } from "./password.ts";

/** Bytes that Docker may send. */
const inputLimit = 64 * 1024;

/** What Docker recognizes, so that it continues without credentials. */
const notFound = "credentials not found in native keychain";

/**
 * `athm aws docker-credential get`: Docker's credential helper for ECR. As the protocol requires,
 * errors go to standard output too.
 * https://github.com/docker/docker-credential-helpers
 */
export const command: Command = {
  count: [1, 1],
  options: [],
  examples: ["echo public.ecr.aws | athm aws docker-credential get"],
  work: async (line, system) => {
    const { operands: [operation = ""] } = line;
    const work = operations[operation];
    if (!work) {
      throw usage(
        `athm aws docker-credential: ${JSON.stringify(operation.slice(0, 40))} is not an operation`,
        "use get, list, store or erase",
      );
    }
    try {
      return await work(system, line);
    } catch (error) {
      if (error instanceof Failure) system.out(`${error.message}\n`);
      throw error;
    }
  },
};

const operations: Readonly<Record<string, (system: System, line: Line) => Promise<number>>> = {
  get: async (system, line) => {
    const url = await asked(system);
    const registry = parseRegistry(url);
    if (!registry) {
      system.out(`${notFound}\n`);
      return 1;
    }
    const store = await openStore(system);
    if (!store) {
      throw new Failure("not-found", "no profiles yet", "run athm aws add NAME to create one");
    }
    const { record, password } = await passwordOf(system, store, registry, {
      ...deedOf(line),
      words: ["docker", registry.host],
    });
    system.giveUpNetwork();
    const Secret = password.secret.reveal();
    system.out(JSON.stringify({ ServerURL: url, Username: registryUser, Secret }) + "\n");
    const { profile, narrowing } = record;
    const narrowed = narrowing && narrowingWords(narrowing);
    await system.audit({ event: "token", profile, narrowed, token: registry.service });
    return 0;
  },
  list: async (system) => {
    const records = await (await openStore(system))?.shared.registries.all() ?? [];
    const hosts = records.map(({ registry }) => registry).toSorted();
    system.out(
      JSON.stringify(Object.fromEntries(hosts.map((host) => [host, registryUser]))) + "\n",
    );
    return 0;
  },
  // Passwords come from AWS, so the one that Docker was given is not kept.
  store: async (system) => {
    const text = await asked(system);
    let given: unknown;
    try {
      given = JSON.parse(text);
    } catch {
      // Reported below, without quoting it.
    }
    if (isJsonObject(given) && typeof given.ServerURL === "string") return 0;
    throw new Failure("files", "docker-credential store requires a JSON object with ServerURL");
  },
  erase: async (system) => {
    const registry = parseRegistry(await asked(system));
    const registries = (await openStore(system))?.shared.registries;
    const key = registry && registryKey(registry.host);
    const found = key && await registries?.find(key);
    if (!registries || !key || !found) return 0;
    const { password: _, ...rest } = found;
    await registries.save(key, rest);
    return 0;
  },
  version: (system) => {
    system.out(versionText(system));
    return Promise.resolve(0);
  },
};

async function asked(system: System): Promise<string> {
  const input = await system.readInput(inputLimit);
  if (!input) throw new Failure("files", `Docker sent more than ${inputLimit} bytes`);
  return new TextDecoder().decode(input).trim();
}
