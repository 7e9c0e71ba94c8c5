import { quote } from "../model/failure.ts";
import type { Environment, Platform } from "./system.ts";

/** Differences between systems that concern several folders; docs/platforms.md lists the others. */
export interface PlatformFacts {
  /** Runs a command line in the system's shell. */
  readonly shell: (commandLine: string) => readonly [program: string, ...args: string[]];
  readonly subshell: (env: Environment) => string;
  readonly pathBetween: string;
  /** Extensions that may be omitted from a program's name. */
  readonly programEndings: (env: Environment) => readonly string[];
  readonly setClock: string;
  /** The command that opens a quoted file name in an editor. */
  readonly editor: string;
  readonly which: string;
  /** The command that shows a request and its response. */
  readonly request: string;
  readonly unset: (...names: readonly string[]) => string;
  /** Loads the output of `athm aws export` into the person's shell. */
  readonly load: (words: string) => string;
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
    // /d: skip AutoRun commands from the registry
    shell: (commandLine) => ["cmd.exe", "/d", "/c", commandLine],
    subshell: (env) => env.get("COMSPEC") || "cmd.exe",
    pathBetween: ";",
    programEndings: (env) =>
      (env.get("PATHEXT") || ".COM;.EXE;.BAT;.CMD").split(";").filter(Boolean),
    setClock: "w32tm /resync",
    editor: "notepad",
    which: "where.exe",
    // `curl` is an alias in PowerShell with other options
    request: "curl.exe -sv",
    unset: (...names) =>
      `Remove-Item ${names.map((name) => `Env:${name}`).join(", ")} -ErrorAction Ignore`,
    load: (words) =>
      `athm aws export ${words} --format powershell | Out-String | Invoke-Expression`,
    addToPath: (folder) => `$Env:Path += ';${folder.replaceAll("'", "''")}'`,
  },
};
