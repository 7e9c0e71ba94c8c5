import { Failure, quote, usage } from "../../model/failure.ts";
import { parseName } from "../../model/names.ts";
import type { Profile } from "../../model/profile.ts";
import type { Command, Line } from "../../line/command.ts";
import { holdsKey } from "../../migration/aws_credentials.ts";
import {
  awsPaths,
  parseCredentials,
  readLimited,
  type Sections,
} from "../../migration/aws_files.ts";
import { askingSection, withoutProcess, withProcess } from "../../migration/config_edit.ts";
import { headerOf } from "../../migration/config_lines.ts";
import { processCommand } from "../../migration/process_command.ts";
import { replaceRead } from "../../migration/replacement.ts";
import { noProfile, profileNamed } from "../../session/keep.ts";
import { resolved } from "../../session/sign_in/fingerprint.ts";
import { factsOf } from "../../sources/all_sources.ts";
import { type Listed, openedOnce, type OpenStore, type Store } from "../../session/stores.ts";
import { expanded } from "../../system/home_folder.ts";
import type { System } from "../../system/system.ts";
import { defaultName } from "../profile/default_name.ts";
import { collect, warn } from "../profile/warnings.ts";

/** `athm aws configure NAME`: makes the AWS CLI and SDKs run athm, through the AWS config file. */
export const command: Command = {
  count: [0, 1],
  options: [
    { name: "profile", value: "P", help: "name of the AWS profile (default: NAME)" },
    {
      name: "file",
      value: "F",
      help: "the AWS config file (default: AWS_CONFIG_FILE or ~/.aws/config)",
    },
    { name: "all", help: "configure every profile under its own name" },
    { name: "remove", help: "remove what configure wrote" },
    { name: "dry-run", help: "show the changes without writing them" },
  ],
  examples: [
    "athm aws configure example && aws --profile example sts get-caller-identity",
    "athm aws configure example --profile default",
    "athm aws configure --all --dry-run",
  ],
  work: async (typed, system) => {
    checkLine(typed);
    const open = openedOnce(system);
    const line = await withDefault(typed, system, open);
    const { operands: [name], values } = line;
    const store = await open();
    const given = values.text("file");
    const path = given === undefined
      ? awsPaths(system).config
      : system.files.absolute(expanded(system, given));
    // Lock: the file is read, changed and written.
    const work = () =>
      values.has("remove")
        ? remove(system, path, line)
        : configure(system, path, name, store, line);
    return store ? await store.change(work) : await work();
  },
};

function checkLine({ operands: [name], values }: Line): void {
  const all = values.has("all");
  if (all && name !== undefined) throw usage("--all does not accept a NAME");
  if (all && values.has("profile")) {
    throw usage("--profile and --all cannot be combined");
  }
  if (name !== undefined) parseName(name);
  const profile = values.text("profile");
  if (profile !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._@+/:=-]{0,127}$/.test(profile)) {
    throw usage(
      `--profile ${
        JSON.stringify(profile.slice(0, 80))
      } is not a profile name that every AWS SDK accepts`,
      "use up to 128 letters, digits and ._@+/:=-, beginning with a letter or digit",
    );
  }
}

/** With the default NAME if none was typed. It is not chosen from a list: a slip would cost settings. */
async function withDefault(line: Line, system: System, open: OpenStore): Promise<Line> {
  if (line.operands.length || line.values.has("all")) return line;
  const { name } = await defaultName(system, line.entry, open, {
    offer: false,
    instead: ", or --all",
    mayBeGone: line.values.has("remove"),
  });
  return { ...line, operands: [name] };
}

async function configure(
  system: System,
  path: string,
  name: string | undefined,
  store: Store | undefined,
  line: Line,
): Promise<number> {
  if (!store && name !== undefined) throw noProfile(name, []);
  const damaged: Failure[] = [];
  const stored = store && name !== undefined
    ? [await profileNamed(store, name)]
    : everyProfile(await store?.profiles() ?? [], damaged);
  const chosen = await Promise.all(
    stored.map(async (each) => {
      // The sign-in reports a broken chain.
      const whole = await resolved(system, store!, each).catch(collect([]));
      return whole?.profile ?? each;
    }),
  );
  if (!chosen.length && !damaged.length) {
    throw new Failure("not-found", "no profiles yet", "run athm aws add NAME to create one");
  }
  const [program, ...args] = system.selfCommand();
  const before = readLimited(system, path) ?? new Uint8Array();
  let bytes: Uint8Array = before;
  const changes: string[] = [];
  const said: string[] = [];
  const beside = await keysBeside(system);
  for (const each of chosen) {
    const profile = line.values.text("profile") ?? each.name;
    const words = [program ?? "", ...args, "aws", "process", each.name];
    const command = processCommand(words, system.platform);
    const edit = withProcess(bytes, path, { profile, command, region: each.network.region });
    bytes = edit.bytes;
    changes.push(...edit.changes);
    const header = headerOf(profile);
    said.push(
      edit.changes.length
        ? `athm: ${header} in ${path} now uses ${each.name}`
        : `athm: ${header} in ${path} already uses ${each.name}`,
      ...edit.rivals.map(({ key, line }) =>
        `athm: warning: ${header} has ${key} (line ${line}), which SDKs may prefer to athm: remove it`
      ),
      ...shadow(profile, beside),
      ...circle(each, profile, line.values.text("file")),
    );
  }
  await finish(system, path, { before, bytes, changes, said }, line);
  return warn(system, damaged);
}

/** The readable profiles; errors go to `damaged`. */
function everyProfile(listed: readonly Listed[], damaged: Failure[]): Profile[] {
  return listed.flatMap((each) => {
    if ("profile" in each) return [each.profile];
    collect(damaged)(each.damaged);
    return [];
  });
}

interface EditedFile {
  readonly before: Uint8Array;
  readonly bytes: Uint8Array;
  readonly changes: readonly string[];
  readonly said: readonly string[];
}

async function remove(system: System, path: string, line: Line): Promise<number> {
  const { operands: [name], values } = line;
  const before = readLimited(system, path) ?? new Uint8Array();
  // Use the name as stored, which may differ in case from what was typed.
  const profile = values.text("profile") ??
    (name === undefined ? undefined : askingSection(before, path, name) ?? name);
  const { bytes, changes } = withoutProcess(before, path, profile);
  const what = profile === undefined ? "no profile" : `${headerOf(profile)} does not`;
  const said = changes.length
    ? `athm: ${path} no longer uses athm for ${profile ?? "any profile"}`
    : profile === undefined
    ? `athm: ${what} in ${path} uses athm`
    : `athm: ${what} use athm in ${path}`;
  await finish(system, path, { before, bytes, changes, said: [said] }, line);
  return 0;
}

async function finish(
  system: System,
  path: string,
  { before, bytes, changes, said }: EditedFile,
  { values }: Line,
): Promise<void> {
  if (values.has("dry-run")) {
    for (const change of changes) system.out(`${change}\n`);
    for (const each of said.filter((one) => one.includes("warning:"))) system.say(each);
    if (!changes.length) system.say(`athm: no changes to ${path}`);
    return;
  }
  if (changes.length) await replaceRead(system, path, "--file", { before, after: bytes });
  said.forEach((each) => system.say(each));
}

/** The credentials file's path and its sections with keys. An unreadable file is ignored. */
async function keysBeside(system: System): Promise<{ path: string; sections: Sections }> {
  const { credentials: path } = awsPaths(system);
  try {
    const text = new TextDecoder().decode(readLimited(system, path) ?? new Uint8Array());
    const sections = await parseCredentials(text);
    return { path, sections: new Map([...sections].filter(([, section]) => holdsKey(section))) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    system.say(`athm: warning: ${error.message}; keys in it would take precedence over athm`);
    return { path, sections: new Map() };
  }
}

function shadow(
  profile: string,
  { path, sections }: { path: string; sections: Sections },
): string[] {
  const section = sections.get(profile);
  if (!section) return [];
  return [
    `athm: warning: the AWS credentials file has keys for ${profile}, which SDKs prefer to athm`,
    // Import only accepts long-term keys.
    section.has("aws_session_token")
      ? `athm: hint: remove the lines of [${profile}] from ${path}`
      : `athm: hint: athm import aws-credentials ${profile} --remove moves them into athm`,
  ];
}

/** A profile based on the AWS profile that is to run it would form a cycle. */
function circle(
  { name, source }: Profile,
  profile: string,
  file: string | undefined,
): string[] {
  const { sdk } = factsOf(source);
  if (!sdk || (sdk.profile ?? "default") !== profile) return [];
  const where = file === undefined ? "" : ` --file ${quote(file)}`;
  return [
    `athm: warning: ${name} uses the AWS profile ${profile} as its source, which now uses ${name}`,
    `athm: hint: athm aws configure ${name} --profile ${profile}${where} --remove undoes it`,
  ];
}
