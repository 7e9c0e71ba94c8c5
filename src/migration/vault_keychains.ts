import { Failure } from "../model/failure.ts";
import type { HelperOutput } from "../system/children.ts";
import { storeVariables } from "../model/variables.ts";
import { hasSessionBus, noSessionBus } from "../system/helper.ts";
import { homeFolder } from "../system/home_folder.ts";
import type { System } from "../system/system.ts";
import { dataOf, itemLimit } from "./vault_item.ts";
import { type Vault, vaultNames } from "./vault_names.ts";

const exportHint =
  "for each NAME: aws-vault export --no-session --format=json NAME | athm aws add NAME --stdin";
/** Seconds, since a person may have to unlock the keychain. */
const patience = 60;
const listLimit = 1024 * 1024;

async function help(
  { children }: System,
  command: string,
  args: readonly string[],
  bytes: number,
): Promise<HelperOutput> {
  // Its own message may be localized or about the bus: print athm's.
  const spec = {
    command,
    args,
    set: {},
    unset: storeVariables,
    seconds: patience,
    bytes,
    quiet: true,
  };
  return await children.help(spec).catch((error) => {
    if (!(error instanceof Failure) || error.code !== "command-not-found") throw error;
    const what = `aws-vault's keys are in a keychain, which requires ${command}`;
    throw new Failure("source", what, exportHint, { cause: error });
  });
}

/**
 * The Secret Service. keyring only sets the attribute `profile`, and `secret-tool` searches by
 * value, so items not among `names` are not found.
 *
 * @throws {Failure} `source` if it is unavailable.
 */
export function secretService(system: System, names: readonly string[]): Vault {
  if (!hasSessionBus(system)) {
    throw new Failure(
      "source",
      `aws-vault's keys are in the Secret Service, which is not available: ${noSessionBus}`,
      "run this in the desktop session that has the keys",
    );
  }
  return {
    where: "the Secret Service",
    ...vaultNames(names),
    guessed: true,
    async open(name) {
      const { code, stdout } = await help(system, "secret-tool", [
        "lookup",
        "profile",
        name,
      ], itemLimit);
      if (code !== 0 || stdout === "") {
        throw new Failure("not-found", "the Secret Service has no key of that name");
      }
      // Other programs may use the same attribute: check the item's own name.
      return dataOf(stdout, name);
    },
  };
}

/** Lists items without their secrets; macOS prompts before releasing one. */
export async function macKeychain(system: System): Promise<Vault> {
  const { env, files } = system;
  const file = `${env.get("AWS_VAULT_KEYCHAIN_NAME") || "aws-vault"}.keychain-db`;
  const path = files.join(homeFolder(system), "Library", "Keychains", file);
  if (!files.facts(path)) throw new Failure("source", `aws-vault has no keychain ${path}`);
  const { code, stdout } = await help(system, "security", ["dump-keychain", path], listLimit);
  if (code !== 0) throw new Failure("source", `the keychain ${path} cannot be listed`, exportHint);
  return {
    where: path,
    ...vaultNames(accountsIn(stdout)),
    guessed: false,
    async open(name) {
      const args = ["find-generic-password", "-s", "aws-vault", "-a", name, "-w", path];
      const { code, stdout } = await help(system, "security", args, itemLimit);
      if (code !== 0) throw new Failure("source", "the keychain denied access", exportHint);
      return stdout.trim();
    },
  };
}

/** The accounts of aws-vault's items in the output of `security dump-keychain`. */
export function accountsIn(dump: string): string[] {
  const names = new Set<string>();
  for (const item of dump.split(/^keychain: /m)) {
    const value = (key: string) => {
      const found = new RegExp(`^ *"${key}"<blob>=(?:0x([0-9A-F]+) +)?"(.*)"$`, "m").exec(item);
      const [, hex, text] = found ?? [];
      if (!hex || hex.length % 2) return text;
      return new TextDecoder().decode(Uint8Array.fromHex(hex));
    };
    const account = value("acct");
    if (value("svce") === "aws-vault" && account !== undefined) names.add(account);
  }
  return [...names];
}
