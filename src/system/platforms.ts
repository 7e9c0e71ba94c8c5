import { quote } from "../model/failure.ts";
import type { Environment, Platform } from "./system.ts";

/**
 * What differs between systems and is not one room's own business; docs/platforms.md lists the rest, with
 * the file where each stands.
 */
export interface PlatformFacts {
  /** Runs a person's command line, as program and arguments. */
  readonly shell: (commandLine: string) => readonly [program: string, ...args: string[]];
  /** The person's own shell, for a subshell. */
  readonly subshell: (env: Environment) => string;
  /** Stands between the folders of `PATH`. */
  readonly pathBetween: string;
  /** Endings that a program's name may lack when it is called. */
  readonly programEndings: (env: Environment) => readonly string[];
  /** Sets the clock, for a person to paste. */
  readonly setClock: string;
  /** Opens a file, whose name is quoted already, in an editor. */
  readonly editor: string;
  /** Tells which programs of a name there are. */
  readonly which: string;
  /** Shows a request and its answer. */
  readonly request: string;
  /** Takes variables out of a person's shell. */
  readonly unset: (...names: readonly string[]) => string;
  /** Has a person's shell take over what `athm aws export` with these words prints. */
  readonly load: (words: string) => string;
  /** Has a person's shell find the programs of one more folder. */
  readonly addToPath: (folder: string) => string;
}

const posix = {
  shell: (commandLine: string) => ["/bin/sh", "-c", commandLine] as const,
  subshell: (env: Environment) => env.get("SHELL") || "/bin/sh",
  pathBetween: ":",
  programEndings: () => [""],
  editor: '"${EDITOR:-vi}"',
  which: "type -a",
  request: "curl -sv",
  unset: (...names: readonly string[]) => `unset ${names.join(" ")}`,
  load: (words: string) => `eval "$(athm aws export ${words})"`,
  addToPath: (folder: string) => `export PATH="$PATH":${quote(folder)}`,
};

export const platforms: Readonly<Record<Platform, PlatformFacts>> = {
  linux: { ...posix, setClock: "sudo timedatectl set-ntp true" },
  darwin: { ...posix, setClock: "sudo sntp -sS time.apple.com" },
  windows: {
    // /d: without what the registry would run first
    shell: (commandLine) => ["cmd.exe", "/d", "/c", commandLine],
    subshell: (env) => env.get("COMSPEC") || "cmd.exe",
    pathBetween: ";",
    programEndings: (env) =>
      (env.get("PATHEXT") || ".COM;.EXE;.BAT;.CMD").split(";").filter(Boolean),
    setClock: "w32tm /resync",
    editor: "notepad",
    which: "where.exe",
    // PowerShell has a curl of its own, which takes other options
    request: "curl.exe -sv",
    // One that is not set is no error
    unset: (...names) =>
      `Remove-Item ${names.map((name) => `Env:${name}`).join(", ")} -ErrorAction Ignore`,
    load: (words) =>
      `athm aws export ${words} --format powershell | Out-String | Invoke-Expression`,
    addToPath: (folder) => `$Env:Path += ';${folder.replaceAll("'", "''")}'`,
  },
};
