import { isLoopback } from "../model/endpoint.ts";
import { Failure } from "../model/failure.ts";
import type { Environment, Platform } from "./machine.ts";

export interface Browser {
  /** True if there is a local desktop, or BROWSER names a program. */
  isThere(): Promise<boolean>;
  /**
   * Does not wait for the browser to end. False if there is none: print the URL then.
   * Every user of this machine can read the opener's arguments. The URL may contain public values
   * (`state`, a code challenge), but never a sign-in token.
   * @param openersOf other programs to try instead of the system's
   * @throws {Failure} `source` if the URL is neither https nor http to a loopback address
   */
  open(url: string, openersOf?: (address: string) => readonly Opener[]): Promise<boolean>;
}

export type Opener = readonly [command: string, ...args: string[]];

/** Windows limits command lines to 32,767 characters. */
const longestAddress = 16_384;

/** A URL that is safe for openers that are shell scripts. @throws {Failure} without quoting it */
export function checkedAddress(text: string): string {
  const url = URL.parse(text);
  const isSafe = url?.protocol === "https:" ||
    (url?.protocol === "http:" && isLoopback(url.hostname));
  const good = url && isSafe && !url.username && !url.password;
  // URL escapes most of them, but not all in a fragment.
  const address = url?.href.replace(/[\s"'`<>\\^{|}]/g, encodeURIComponent) ?? "";
  if (good && address.length <= longestAddress) return address.replaceAll("'", "%27");
  throw new Failure("source", "the URL to open is not https");
}

/**
 * Programs that open a URL on this system, in the order to try. BROWSER, as for xdg-open, is a
 * colon-separated list of commands in which `%s` is the URL.
 */
export function openers(platform: Platform, env: Environment, address: string): Opener[] {
  if (platform === "windows") return [["rundll32.exe", "url.dll,FileProtocolHandler", address]];
  const own = (env.get("BROWSER") ?? "").split(":").flatMap((command) => {
    const words = command.split(/[ \t]+/).filter(Boolean);
    const filled = words.map((word) => word.replaceAll("%s", () => address));
    const [program, ...args] = words.some((word) => word.includes("%s"))
      ? filled
      : [...words, address];
    return words.length && program !== undefined ? [[program, ...args] as const] : [];
  });
  if (platform === "darwin") return [...own, ["open", address]];
  const windows: Opener[] = isWsl(env)
    ? [["wslview", address], ["rundll32.exe", "url.dll,FileProtocolHandler", address]]
    : [];
  return [...own, ...windows, ["xdg-open", address]];
}

export function hasBrowser(platform: Platform, env: Environment): boolean {
  if (platform !== "windows" && env.get("BROWSER")) return true;
  // Over ssh, the browser would open on the remote machine's screen.
  if (["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"].some((name) => env.get(name))) return false;
  return platform !== "linux" || isWsl(env) ||
    Boolean(env.get("DISPLAY") || env.get("WAYLAND_DISPLAY"));
}

/** Windows Subsystem for Linux, where Windows' browser opens URLs. */
export function isWsl(env: Environment): boolean {
  return Boolean(env.get("WSL_DISTRO_NAME"));
}
