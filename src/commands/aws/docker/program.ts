import { Failure, usage } from "../../../model/failure.ts";
import { quoteSh } from "../../../formats/shell.ts";
import { replacement } from "../../../migration/replacement.ts";
import { expanded, homeFolder } from "../../../system/home_folder.ts";
import type { System } from "../../../system/system.ts";

const mark = "Made by athm";

/** Where Docker finds athm, and whether its folder is on PATH. */
export interface HelperProgram {
  readonly path: string;
  readonly folder: string;
  readonly isOnPath: boolean;
}

/**
 * Creates the program `docker-credential-athm`, which runs this athm: in `folder`, else where it
 * already is, else in a folder of the user's on PATH, else in `~/.local/bin`.
 *
 * @throws {Failure} `files`; `exists` if another program has that name
 */
export async function helperProgram(
  system: System,
  given: string | undefined,
): Promise<HelperProgram> {
  const { env, files, platform } = system;
  const isWindows = platform === "windows";
  const name = isWindows ? "docker-credential-athm.cmd" : "docker-credential-athm";
  const onPath = (env.get("PATH") ?? "").split(isWindows ? ";" : ":")
    .filter((each) => each !== "").map((each) => files.absolute(each));
  const wanted = given === undefined ? undefined : files.absolute(expanded(system, given));
  if (wanted !== undefined && files.facts(wanted)?.kind !== "folder") {
    throw usage(`--program-folder: folder ${given} not found`);
  }
  const folder = wanted ?? onPath.find((each) => isOwn(system, files.join(each, name))) ??
    onPath.find((each) => isUsers(system, each)) ?? files.join(homeFolder(system), ".local", "bin");
  const path = files.join(folder, name);
  const text = isWindows ? cmdText(system) : shellText(system);
  if (files.facts(path) && !isOwn(system, path)) {
    throw new Failure("exists", `${path} is another program`, "use another --program-folder");
  }
  if (textOf(system, path) !== text) {
    if (!files.facts(folder)) files.makeFolder(folder, 0o755);
    const replace = await replacement(system, path, "--program-folder", 0o755);
    await replace(new TextEncoder().encode(text));
  }
  return { path, folder, isOnPath: onPath.includes(folder) };
}

function shellText(system: System): string {
  return [
    "#!/bin/sh",
    `# ${mark} aws docker-login. Docker runs it for the password of a registry.`,
    `exec ${system.selfCommand().map(quoteSh).join(" ")} aws docker-credential "$@"`,
    "",
  ].join("\n");
}

function cmdText(system: System): string {
  const words = system.selfCommand();
  if (words.some((word) => /["%!]/.test(word))) {
    throw new Failure("files", "athm's path contains a character that cmd expands");
  }
  const command = words.map((word) => `"${word}"`).join(" ");
  return `@rem ${mark} aws docker-login\r\n@${command} aws docker-credential %*\r\n`;
}

function textOf({ files }: System, path: string): string | undefined {
  const facts = files.facts(path);
  if (!facts || facts.kind !== "file" || facts.size > 64 * 1024) return undefined;
  return new TextDecoder().decode(files.read(path));
}

function isOwn(system: System, path: string): boolean {
  return textOf(system, path)?.split("\n", 2).join("\n").includes(mark) ?? false;
}

/** A folder below the home folder that the user owns and no other user can write to. */
function isUsers(system: System, folder: string): boolean {
  const { files } = system;
  if (!folder.startsWith(files.join(homeFolder(system), ""))) return false;
  const facts = files.facts(folder);
  if (facts?.kind !== "folder") return false;
  const { owner, mode = 0o700 } = facts;
  return (owner === undefined || owner === system.userId()) && (mode & 0o222) === 0o200;
}
