import { Failure, usage } from "../../model/failure.ts";
import { isName, nameKey, parseName } from "../../model/names.ts";
import { plain } from "../../model/shown_command.ts";
import { current, selectingOptions, shellState } from "../../delivery/shell_state.ts";
import type { Entry, Line } from "../../line/command.ts";
import { type Values, valuesOf } from "../../line/values.ts";
import { noProfile, profileNamed } from "../../session/keep.ts";
import { openedOnce, type OpenStore, type Store } from "../../session/stores.ts";
import type { Environment } from "../../system/machine.ts";
import type { System } from "../../system/system.ts";

export interface DefaultName {
  readonly name: string;
  /** Where it comes from, in words; absent if a person chose it. */
  readonly from?: string;
  /** The options with which `athm use` restricted it in this shell, if it did. */
  readonly restriction?: Values;
}

export interface Defaulting {
  /** Whether to prompt: to allow a folder's file, or to choose from the list. */
  readonly offer?: boolean;
  /** Whether `ATHM_PROFILE` counts. */
  readonly environment?: boolean;
  /** What may be given instead of NAME, for the message: `, or --all`. */
  readonly instead?: string;
  /** Whether the restriction of this shell holds, if the command has none. */
  readonly inherits?: boolean;
  /** Whether the profile may be missing, for commands that remove what is left of one. */
  readonly mayBeGone?: boolean;
}

/** The operand NAME or its default, and the store. @throws {Failure} as `defaultName`; `not-found` */
export async function nameAndStore(
  { entry, operands: [given] }: Line,
  system: System,
): Promise<Omit<DefaultName, "from"> & { readonly store: Store }> {
  const open = openedOnce(system);
  const named = given === undefined ? await defaultName(system, entry, open) : { name: given };
  const name = parseName(named.name);
  const store = await open();
  if (!store) throw noProfile(name, []);
  return { ...named, name, store };
}

/**
 * The profile of a command that was typed without NAME: from `ATHM_PROFILE`, from the folder's
 * allowed file, or chosen by the person.
 *
 * @throws {Failure} `usage` without any of them; `source` for a `.athm` file that is not acceptable;
 * `needs-person` for one that is not allowed; `not-found` if the profile does not exist, with where
 * its name comes from; `cancelled`
 */
export async function defaultName(
  system: System,
  entry: Entry,
  open: OpenStore,
  { offer = true, environment = true, instead = "", mayBeGone = false }: Defaulting = {},
): Promise<DefaultName> {
  const found = (environment ? ofEnvironment(system) : undefined) ??
    await ofFolder(system, open, offer);
  if (found) {
    if (!mayBeGone) await checkExists(await open(), found);
    system.trace("default profile", { profile: found.name, from: found.from });
    return found;
  }
  const required = `athm ${entry.path.join(" ")} requires the NAME of a profile${instead}`;
  if (!offer || !canPrompt(system)) {
    const [first, last] = ["add a NAME", "or write a name into .athm and run athm allow"];
    throw usage(required, [first, ...environment ? ["set ATHM_PROFILE"] : [], last].join(", "));
  }
  const { chosenName } = await import("./choosing.ts");
  const name = await chosenName(system, open);
  if (name === undefined) throw usage(required, "run athm aws add NAME to create one");
  return { name };
}

async function checkExists(
  store: Store | undefined,
  { name, from }: DefaultName,
): Promise<void> {
  if (!store) throw noProfile(name, [], from);
  await profileNamed(store, name, from);
}

function canPrompt({ terminal }: System): boolean {
  return terminal.stderrIsTerminal && terminal.canAsk;
}

function ofEnvironment({ env }: System): DefaultName | undefined {
  const name = env.get("ATHM_PROFILE");
  if (!name) return undefined;
  if (isName(name)) return { name, from: "ATHM_PROFILE", ...restrictionOf(env, name) };
  throw usage(
    `ATHM_PROFILE has the invalid value ${JSON.stringify(name.slice(0, 80))}`,
    "set it to the name of a profile, or unset it",
  );
}

/** Else a command in a restricted shell would silently do more than the others. */
function restrictionOf(env: Environment, name: string): Pick<DefaultName, "restriction"> {
  const state = shellState(env);
  // `exec --server` takes the keys away, not the restriction.
  const loaded = env.get("AWS_ACCESS_KEY_ID") ? current(state, env) : state.loaded;
  if (!loaded || nameKey(loaded.profile) !== nameKey(name)) return {};
  const { options } = loaded;
  return { restriction: valuesOf(new Map(Object.entries(options)), new Set(selectingOptions)) };
}

async function ofFolder(
  system: System,
  open: OpenStore,
  offer: boolean,
): Promise<DefaultName | undefined> {
  const { allow, allowedState, folderFile } = await import("../../session/folder.ts");
  const file = folderFile(system);
  if (!file) return undefined;
  const { name } = file;
  const path = plain(file.path);
  const store = await open();
  if (!store) throw noProfile(name, [], path);
  const state = await allowedState(store, file);
  if (state === "allowed") return { name, from: path };
  const isNew = state === "changed" ? "was changed since you allowed it" : "is not allowed yet";
  if (!offer || !canPrompt(system)) {
    throw new Failure(
      "needs-person",
      `the file ${path}, which names the profile ${name}, ${isNew}`,
      "run athm allow to allow it, or add a NAME to the command",
    );
  }
  system.say(`athm: the file ${path} names the profile ${name}, and ${isNew}`);
  const answer = await system.terminal.ask("Allow it to choose the profile here? [y/N] ");
  if (!/^y(es)?$/i.test(answer)) return undefined;
  await profileNamed(store, name, path);
  await allow(store, file);
  return { name, from: path };
}
