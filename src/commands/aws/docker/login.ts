import { usage } from "../../../model/failure.ts";
import { defined } from "../../../model/fields.ts";
import { nameKey } from "../../../model/names.ts";
import { registryKey } from "../../../model/proofs.ts";
import type { Command, Line } from "../../../line/command.ts";
import { readText, replaceRead } from "../../../migration/replacement.ts";
import { openStore } from "../../../session/stores.ts";
import { homeFolder } from "../../../system/home_folder.ts";
import type { System } from "../../../system/system.ts";
import { dockerConfigLimit, withHelpers, withoutHelpers } from "../../../tokens/docker_config.ts";
import { parseRegistry, type Registry } from "../../../tokens/registry.ts";
import { deedOf, obtain, obtainOptions } from "../../profile/obtain.ts";
import { narrowingOf, narrowingOptions } from "../../profile/options.ts";
import { withOwnHelp } from "../token/origin.ts";
import { newPassword } from "./password.ts";
import { helperProgram } from "./program.ts";

const kept = ["rotate", "mfa-code", ...narrowingOptions.map(({ name }) => name)];
/** Those of a session without a NAME, which Docker could not ask for, and a region. */
const absent = obtainOptions.map(({ name }) => name).filter((name) => !kept.includes(name));

/** `athm aws docker-login REGISTRY… [NAME]`: makes Docker ask athm for a registry's password. */
export const command: Command = {
  count: [1, 100],
  options: [
    { name: "remove", help: "make Docker no longer ask athm for these registries" },
    {
      name: "program-folder",
      value: "FOLDER",
      help: "folder on PATH for the program docker-credential-athm",
      completes: "file",
    },
    ...obtainOptions.filter(({ name }) => kept.includes(name)).map(withOwnHelp),
  ],
  examples: [
    "athm aws docker-login 123456789012.dkr.ecr.eu-west-1.amazonaws.com example",
    "athm aws docker-login public.ecr.aws example --read-only",
    "athm aws docker-login public.ecr.aws --remove",
  ],
  work: async (line, system) => {
    const { registries, name } = operandsOf(line);
    if (!line.values.has("remove")) return await login(system, line, registries, name);
    const other = [...kept, "program-folder"].find((each) => line.values.has(each));
    if (other) throw usage(`--remove and --${other} cannot be combined`);
    if (name !== undefined) throw usage("--remove does not accept a NAME");
    return await remove(system, registries);
  },
};

/** @throws {Failure} `usage` */
function operandsOf({ operands }: Line): { registries: readonly Registry[]; name?: string } {
  const registries = new Map<string, Registry>();
  const others: string[] = [];
  for (const each of operands) {
    const registry = parseRegistry(each);
    if (registry) registries.set(registry.host, registry);
    else others.push(each);
  }
  const strange = others.find((each) => /[./:].*\.|:\/\/|\//.test(each)) ?? others[1];
  if (strange !== undefined || registries.size === 0) {
    throw usage(
      strange === undefined
        ? "athm aws docker-login requires a registry"
        : `${JSON.stringify(strange.slice(0, 100))} is not a registry of ECR`,
      "use a host such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com or public.ecr.aws",
    );
  }
  return { registries: [...registries.values()], ...defined({ name: others[0] }) };
}

async function login(
  system: System,
  line: Line,
  registries: readonly Registry[],
  given: string | undefined,
): Promise<number> {
  const values = line.values.without(absent);
  const operands = given === undefined ? [] : [given];
  const obtained = await obtain({ ...line, values, operands }, system, { deed: deedOf(line) });
  const store = await openStore(system);
  const { name } = obtained;
  if (!store || name === undefined) throw new Error("a stored profile was obtained");
  const narrowing = await narrowingOf(values, system, () => Promise.resolve(store));
  const program = await helperProgram(system, values.text("program-folder"));
  // One password opens all registries of a region.
  const made = new Map<string, ReturnType<typeof newPassword>>();
  for (const registry of registries) {
    const { host, service, region, fips } = registry;
    const place = `${service} ${region} ${fips}`;
    const password = made.get(place) ??
      newPassword(system, store, registry, { ...obtained, narrowing });
    made.set(place, password);
    const record = { registry: host, profile: name, password: await password };
    const restricted = narrowing ? { ...record, narrowing } : record;
    await store.shared.registries.save(registryKey(host), restricted);
  }
  const path = configPath(system);
  const { before, text } = readText(system, path, dockerConfigLimit);
  const next = withHelpers(text, path, registries.map(({ host }) => host));
  if (next !== text) {
    await replaceRead(system, path, "DOCKER_CONFIG", { before, after: next });
  }
  for (const { host } of registries) system.say(`athm: Docker now uses ${name} for ${host}`);
  if (!program.isOnPath) {
    system.say(`athm: warning: Docker does not find ${program.path}: its folder is not on PATH`);
    system.say(`athm: hint: add ${program.folder} to PATH`);
  }
  await system.audit({
    event: "token",
    profile: name,
    session: obtained.session,
    narrowed: obtained.narrowed,
    token: "ecr",
  });
  return 0;
}

async function remove(system: System, registries: readonly Registry[]): Promise<number> {
  const store = await openStore(system);
  const path = configPath(system);
  const { before, text } = readText(system, path, dockerConfigLimit);
  const hosts = registries.map(({ host }) => host);
  const { text: next, removed } = withoutHelpers(text, path, hosts);
  if (removed.length) {
    await replaceRead(system, path, "DOCKER_CONFIG", { before, after: next });
  }
  for (const host of hosts) {
    const was = await store?.shared.registries.remove(registryKey(host));
    const had = was || removed.some((each) => nameKey(each) === nameKey(host));
    system.say(`athm: Docker ${had ? "no longer uses" : "does not use"} athm for ${host}`);
  }
  return 0;
}

function configPath(system: System): string {
  const { env, files } = system;
  const folder = env.get("DOCKER_CONFIG") || files.join(homeFolder(system), ".docker");
  return files.join(files.absolute(folder), "config.json");
}
