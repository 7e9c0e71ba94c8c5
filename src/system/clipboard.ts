import { Failure } from "../model/failure.ts";
import type { Secret } from "../model/secret.ts";
import { storeVariables } from "../model/variables.ts";
import type { HelperSpec } from "./children.ts";
import { isWsl } from "./browser.ts";
import type { Environment, Platform } from "./machine.ts";
import { powershell } from "./powershell.ts";
import type { System } from "./system.ts";

/** A program that copies its standard input to the clipboard. */
type Copier = Pick<HelperSpec, "command" | "args"> & {
  readonly title: string;
  readonly unset?: readonly string[];
};

/** Some keep running to serve the clipboard: with athm's pipe, athm would wait for their end. */
const silent = 'exec "$@" >/dev/null 2>&1';
const posix = (...words: readonly [string, ...string[]]): Copier => ({
  title: words[0],
  command: "/bin/sh",
  args: ["-c", silent, "sh", ...words],
});
const windows: readonly Copier[] = [
  { title: "clip.exe", command: "clip.exe", args: [] },
  {
    title: "PowerShell",
    ...powershell("Set-Clipboard -Value ([Console]::In.ReadToEnd())"),
  },
];

/** What to install, and the programs to try in order; none without a desktop. */
function copiers(platform: Platform, env: Environment): readonly [string, readonly Copier[]] {
  if (platform === "windows") return ["PowerShell", windows];
  if (platform === "darwin") return ["pbcopy", [posix("pbcopy")]];
  const wsl = isWsl(env) ? [posix("clip.exe")] : [];
  const wayland = env.get("WAYLAND_DISPLAY") ? [posix("wl-copy")] : [];
  const x11 = env.get("DISPLAY")
    ? [posix("xclip", "-selection", "clipboard"), posix("xsel", "--clipboard", "--input")]
    : [];
  return [wayland.length ? "wl-clipboard" : "xclip", [...wsl, ...wayland, ...x11]];
}

/** Without a shell's or a program's argument. @throws {Failure} `needs-person`, with the way out */
export async function copyToClipboard(
  { platform, env, children }: Pick<System, "platform" | "env" | "children">,
  text: Secret,
): Promise<void> {
  const [packageName, all] = copiers(platform, env);
  if (!all.length) {
    throw new Failure(
      "needs-person",
      "there is no clipboard: neither WAYLAND_DISPLAY nor DISPLAY is set",
      "use --print instead",
    );
  }
  const failed: string[] = [];
  for (const { title, unset = [], ...program } of all) {
    const outcome = await children.help({
      ...program,
      title,
      input: text.reveal(),
      set: {},
      unset: [...storeVariables, ...unset],
      seconds: 10,
      bytes: 4096,
      quiet: true,
    }).catch((error) => {
      if (error instanceof Failure && error.code === "command-not-found") return { code: 127 };
      throw error;
    });
    if (outcome.code === 0) return;
    if (outcome.code !== 127) failed.push(`${title} failed (exit code ${outcome.code})`);
  }
  throw new Failure(
    "needs-person",
    failed[0] ?? `no program to copy with: ${all.map(({ title }) => title).join(", ")} not found`,
    failed.length ? "use --print instead" : `install ${packageName}, or use --print instead`,
  );
}
